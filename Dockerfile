# One image for every process of the hub: `docker run IMAGE run crm-sync`, `docker run IMAGE migrate`.
FROM python:3.13-slim AS packages
COPY requirements/uv.txt requirements/run.txt /requirements/
RUN python -m venv /opt/hub \
 && /opt/hub/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r /requirements/uv.txt \
 && VIRTUAL_ENV=/opt/hub /opt/hub/bin/uv pip sync --no-cache --require-hashes --compile-bytecode /requirements/run.txt \
 && /opt/hub/bin/pip uninstall --quiet --yes uv pip # what runs installs nothing

FROM python:3.13-slim
RUN useradd --system --uid 10001 --no-create-home hub && install --directory --owner=hub --mode=0700 /documents /letters
COPY --from=packages /opt/hub /opt/hub
COPY contracts /app/contracts
COPY hub /app/hub
RUN python -m compileall -q /app/contracts /app/hub # what starts reads no source
ENV PATH=/opt/hub/bin:$PATH PYTHONPATH=/app PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 \
    HUB_PROBE_HOST=0.0.0.0 HUB_PROBE_PORT=8080
WORKDIR /app
USER 10001
EXPOSE 8080
ENTRYPOINT ["python", "-m", "hub"]

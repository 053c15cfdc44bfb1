"""A link in a text gives its document for as long as its version holds, to who has the link and to nobody else."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from uuid import UUID

import pytest

from hub.rules.links import Links, token
from hub.state.deliveries import delivery_id
from hub.state.document_store import DocumentStore
from tests.support.knocking import SECRET, Door
from tests.support.message_centre import Centre
from tests.support.notices import a_notice

PRICES = b"%PDF-1.7 " + b"prices " * 20_000


@pytest.fixture
async def centre(database: str) -> AsyncIterator[Centre]:
    async with Centre(database) as found:
        yield found


async def sent(centre: Centre, key: str = "k-1", **facts: object) -> str:
    """The path of a link that a customer got by SMS."""
    facts = {"file": "prices.pdf", **facts}
    await centre.document(f"list-{key}", "1", PRICES, **facts)
    await centre.plan(a_notice(key, channel="sms", documents=("brochure@1", f"list-{key}@1")))
    return Links("", SECRET).document(delivery_id(key), 1)


def keep(folder: Path) -> Path:
    (folder / "file").write_bytes(PRICES)
    DocumentStore(folder / "kept").keep(folder / "file")
    return folder / "kept"


async def test_the_link_gives_the_file_of_its_kind_and_nothing_of_the_person(centre: Centre, tmp_path: Path) -> None:
    door = Door(centre.db, keep(tmp_path))
    path = await sent(centre)
    found = await door.knock("GET", path)
    assert (found.status, found.body) == (200, PRICES)
    assert found.headers["content-type"] == "application/pdf"
    assert found.headers["content-disposition"] == "inline; filename*=utf-8''prices.pdf"
    assert (found.headers["x-content-type-options"], found.headers["cache-control"]) == ("nosniff", "no-store")
    assert found.headers["accept-ranges"] == "none"  # who asks for pieces of a large one would be one who asks too often
    looked = await door.knock("HEAD", path)
    assert (looked.status, looked.body, looked.headers["content-length"]) == (200, b"", str(len(PRICES)))
    assert door.line.said == []


async def test_what_could_run_under_the_doors_name_is_only_saved(centre: Centre, tmp_path: Path) -> None:
    door = Door(centre.db, keep(tmp_path))
    for key, file in enumerate(("page.html", "picture.svg", 'a"; x=\r\n.xyz')):
        found = await door.knock("GET", await sent(centre, str(key), file=file))
        assert found.status == 200
        assert found.headers["content-disposition"].startswith("attachment; filename*=utf-8''")
        assert not {'"', "\r", "\n", " x"} & set(found.headers["content-disposition"].partition("''")[2])


async def test_it_gives_the_document_to_the_last_day_of_its_validity_and_no_longer(centre: Centre, tmp_path: Path) -> None:
    door = Door(centre.db, keep(tmp_path))
    day = datetime.now(UTC).date()
    today = await sent(centre, "today", valid_until=day.isoformat())
    over = await sent(centre, "over", valid_until=(day - timedelta(days=1)).isoformat())
    retired = await sent(centre, "retired")
    await centre.db.execute("UPDATE base_data SET retired = true WHERE id = 'list-retired'")
    assert [(await door.knock("GET", path)).status for path in (today, over, retired)] == [200, 410, 410]
    for retired_from, status in ((day + timedelta(days=1), 200), (day, 410)):
        await centre.db.execute("DELETE FROM base_data WHERE id = 'list-today' AND retired")
        await centre.db.execute(
            "INSERT INTO base_data SELECT principal, ref || $2, row_version, ordered_at, revision, tie, because, kind, id, $1, true, body"
            " FROM base_data WHERE id = 'list-today'",
            *(retired_from, str(retired_from)),
        )
        assert (await door.knock("GET", today)).status == status
    page = await door.knock("GET", over, headers=[("accept-language", "de")])
    assert "Nicht mehr gültig" in page.body.decode()


async def test_no_other_link_gives_anything(centre: Centre, tmp_path: Path) -> None:
    door = Door(centre.db, keep(tmp_path))
    path = await sent(centre)
    delivery, digest = delivery_id("k-1"), sha256(PRICES).hexdigest()
    made = Links("", SECRET)
    for other in (
        path[:-1] + ("A" if path[-1] != "A" else "B"),
        made.document(delivery, 0),  # a version that is not laid down
        made.document(delivery, 2),
        made.document(UUID(int=1), 0),
        Links("", b"of somebody else").document(delivery, 1),
        f"/documents/{token(delivery, SECRET)}",
        f"/documents/{digest}",
        f"/documents/../{digest[:2]}/{digest}",
        "/documents/%2e%2e%2fetc%2fpasswd",
        "/documents/",
    ):
        assert (await door.knock("GET", other)).status == 404, other
    assert (await door.knock("POST", path)).status == 405


async def test_a_file_that_is_not_kept_is_asked_for_again_later(centre: Centre, tmp_path: Path) -> None:
    assert (await Door(centre.db, tmp_path).knock("GET", await sent(centre))).status == 503
    assert (await Door(None, tmp_path).knock("GET", await sent(centre, "other"))).status == 503

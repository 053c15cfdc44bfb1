"""The words `hub base …`: list, show, export and lay down base data."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli.acting import Unmask, Why, ask, operator
from hub.cli.doing import Deed, Manner, do, with_manner
from hub.cli.printing import AsJson, counted, print_json, print_table

if TYPE_CHECKING:
    from hub.operations.acts import Operator
    from hub.operations.base_plan import Step
    from hub.state.base_editions import StoredEdition

app = typer.Typer(no_args_is_help=True, help="Base data: what the OEM lays down for everybody, with the day from which it holds.")

_KINDS = "dealer, staff, product, sales_model, loss_reason, template, service_plan, reminder_plan, paper_terms, calendar and so on."
Kind = Annotated[str, typer.Argument(metavar="[KIND]", help=_KINDS)]


@app.command("list")
def list_(kind: Kind = "", unmask: Unmask = False, why: Why = "", as_json: AsJson = False) -> None:
    """List base data, each datum as it holds today.

    Example: hub base list loss_reason
    """
    from datetime import UTC, datetime

    found = _editions(kind, None, operator(why) if unmask else None)
    today = datetime.now(UTC).date()
    holding: dict[tuple[str, str], list[StoredEdition]] = {}
    for edition in found:
        holding.setdefault((edition.kind, edition.id), []).append(edition)
    rows = []
    for (of, ref), editions in holding.items():
        now = next((e for e in reversed(editions) if e.effective_from <= today), None)
        shown = now or editions[0]
        state = "retired" if shown.retired else "in use" if now else f"from {shown.effective_from}"
        rows.append((of, ref, shown.body.get("name") or shown.body.get("title"), state, shown.effective_from, len(editions)))
    if as_json:
        print_json([dict(zip(("kind", "id", "name", "state", "effective_from", "editions"), row, strict=True)) for row in rows])
    elif not rows:
        typer.echo("No base data yet: hub base apply FILE lays some down.")
    else:
        print_table(("kind", "id", "name", "state", "since", ">editions"), [(of, ref, name or "", *rest) for of, ref, name, *rest in rows])


@app.command()
def show(
    kind: Annotated[str, typer.Argument(metavar="KIND", help=_KINDS)],
    ref: Annotated[str, typer.Argument(metavar="ID", help="Its id.")],
    unmask: Unmask = False,
    why: Why = "",
    as_json: AsJson = False,
) -> None:
    """Show every edition of one datum, the oldest first.

    Example: hub base show sales_model standard
    """
    import yaml

    from hub.errors import InputError

    found = _editions(kind, ref, operator(why) if unmask else None)
    if not found:
        raise InputError("ID", f"a {kind} that was laid down (hub base list {kind})", ref)
    if as_json:
        print_json([edition._asdict() for edition in found])
        return
    for edition in found:
        typer.secho(f"{edition.kind}/{edition.id} from {edition.effective_from}{', retired' if edition.retired else ''}", bold=True)
        head = {"id", "effective_from", "retired"}
        body = {name: value for name, value in edition.body.items() if name not in head and value is not None}
        typer.echo("".join(f"  {line}\n" for line in yaml.safe_dump(body, sort_keys=False, allow_unicode=True).splitlines()), nl=False)


@app.command()
def export(kind: Kind = "", unmask: Unmask = False, why: Why = "") -> None:
    """Print base data as the YAML that `apply` takes; staff and their passes only with --unmask, as they name people.

    Example: hub base export > base.yaml
    """
    from hub.operations.base import editions
    from hub.operations.base_file import OF_PEOPLE, write
    from hub.operations.base_plan import as_data

    who = operator(why) if unmask else None
    found = ask(editions, kind or None)
    people = [edition for edition in found if edition.kind in OF_PEOPLE]
    if people and who:
        who.unmasks("base.unmasked", kind or "all")
    elif people:
        typer.echo(f"{counted(len(people), 'edition')} of staff and their passes left out; --unmask --why … exports them too.", err=True)
        found = [edition for edition in found if edition.kind not in OF_PEOPLE]
    typer.echo(write(as_data(found)), nl=False)


@app.command()
@with_manner
def apply(
    file: Annotated[Path | None, typer.Argument(metavar="FILE", help="YAML as `hub base export` prints it.")] = None,
    starter: Annotated[bool, typer.Option("--starter", help="Take what a new hub begins with instead of a file.")] = False,
    *,
    manner: Manner,
) -> None:
    """Lay base data down: what is new or changed is published, what the file does not name stays.

    Examples: hub base apply base.yaml --dry-run · hub base apply base.yaml --why "loss reasons of the spring review"
    """
    import asyncio

    from hub.errors import InputError
    from hub.operations import base
    from hub.operations.base_file import STARTER, read
    from hub.settings import Settings
    from hub.wiring import kafka_options

    if (file is None) != starter:
        raise InputError("FILE", "a file, or --starter instead of it")
    settings, said = Settings(), read(file or STARTER)
    steps = ask(base.plan, said)
    open_steps = [step for step in steps if step.what != "unchanged"]

    def act() -> list[str]:
        asyncio.run(base.apply(operator(manner.why), kafka_options(settings), said, steps))
        return [step.edition for step in open_steps]

    deed = Deed(
        told={"steps": [_told(step) for step in open_steps], "unchanged": len(steps) - len(open_steps)},
        show=lambda: _print_plan(steps, open_steps),
        ask="Lay this down?",
        act=act if open_steps else None,
        say=lambda done: f"{counted(len(done), 'edition')} published to oem.base; base-data folds them.",
    )
    do(deed, manner)


def _told(step: "Step") -> dict[str, object]:
    fields = [one._asdict() for one in step.differences]
    return {"what": step.what, "edition": step.edition, "name": step.name, "fields": fields}


def _print_plan(steps: "list[Step]", open_steps: "list[Step]") -> None:
    rows: list[tuple[object, ...]] = []
    for step in open_steps:
        if step.what == "new":
            rows.append(("new", step.edition, "", "", step.name))
        for at, (path, was, becomes) in enumerate(step.differences):
            rows.append(("changed" if at == 0 else "", step.edition if at == 0 else "", path, _shown(was), _shown(becomes)))
    if rows:
        print_table(("what", "edition", "field", "is", "becomes"), rows)
    same = len(steps) - len(open_steps)
    typer.echo(f"{counted(len(open_steps), 'edition')} new or changed, {same} as they should be.")


def _shown(value: object) -> str:
    import json

    return "" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _editions(kind: str, ref: str | None, who: "Operator | None") -> "list[StoredEdition]":
    from hub.operations.base import editions
    from hub.operations.base_file import BY_KIND, OF_PEOPLE
    from hub.rules.masking import mask, mask_reference

    found = ask(editions, kind or None, ref)
    if who:
        who.unmasks("base.unmasked", f"{kind or 'all'}/{ref or 'all'}")
        return found
    shown = []
    for edition in found:
        body = mask(BY_KIND[edition.kind].wire, edition.body)
        assert isinstance(body, dict)  # noqa: S101 - as every body of an edition
        # a member of staff may be known by name
        shown.append(edition._replace(body=body, id=mask_reference(edition.id) if edition.kind in OF_PEOPLE else edition.id))
    return shown

"""The words `hub contracts …`: list, show, validate, check, generate, freeze."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli.printing import AsJson, print_json, print_table, printable

if TYPE_CHECKING:
    from hub.operations.contracts import Judged, Package

app = typer.Typer(no_args_is_help=True, help="The event types: what travels, in which versions, and whether a record keeps its contract.")

Root = Annotated[Path | None, typer.Option("--root", help="Another contracts folder than the installed one.")]


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """List every event type with its topics.

    Example: hub contracts list
    """
    from hub.operations.contract_facts import types

    found = types()
    if as_json:
        print_json(
            [{"type": f.wire, "versions": f.versions, "key": f.key, "topics": f.topics, "description": f.description} for f in found]
        )
        return
    print_table(
        ("type", "versions", "key", "topics", "says"),
        [(f.wire, " ".join(f.versions), f.key, " ".join(f.topics), f.description.split("\n")[0]) for f in found],
    )


@app.command()
def show(type_name: Annotated[str, typer.Argument(metavar="TYPE", help="Such as lead.received.")], as_json: AsJson = False) -> None:
    """Show an event type: its fields, its topics, its versions, an example.

    Examples: hub contracts show lead.received · hub contracts show hub.lead.received.v1 --json
    """
    from dataclasses import asdict

    from hub.operations import contract_facts

    found = contract_facts.show(type_name)
    if as_json:
        print_json(asdict(found) | {"fields": [field._asdict() for field in found.fields]})
        return
    typer.echo(f"{found.wire}\n{found.description}\n")
    typer.echo(f"topics    {', '.join(found.topics)}\nkey       {found.key}\nversions  {', '.join(found.versions)}\n")
    rows = [(f.path, f.type, "yes" if f.required else "", "" if f.default in (None, []) else f.default, f.range) for f in found.fields]
    print_table(("field", "type", "required", "default", "range"), rows)
    typer.echo(f"\nexample\n{found.example}", nl=False)


@app.command()
def validate(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CloudEvents as JSON: one, an array, or one a line.")],
    type_name: Annotated[str | None, typer.Option("--type", help="The records are bare bodies of this event type.")] = None,
    as_json: AsJson = False,
) -> None:
    """Say of each record in a file whether it keeps its contract; exit code 1 when one does not.

    Examples: hub contracts validate events.jsonl · hub contracts validate lead.json --type lead.received
    """
    from hub.operations.contract_verdicts import judge

    verdicts = judge(file, type_name)
    if as_json:
        print_json([v._asdict() | {"is_valid": v.is_valid, "faults": [fault._asdict() for fault in v.faults]} for v in verdicts])
    else:
        for verdict in verdicts:
            said = f"valid, key {verdict.key}" if verdict.is_valid else verdict.reason
            typer.echo(printable(f"{verdict.place}: {verdict.type or 'unknown'} {verdict.id}".rstrip() + f": {said}"))
            for fault in verdict.faults:
                typer.echo(printable(f"    {fault.path or '(body)'}: expected {fault.expected}"))
    if not all(verdict.is_valid for verdict in verdicts):
        raise typer.Exit(1)


@app.command()
def check(root: Root = None, as_json: AsJson = False) -> None:
    """Check schemas, examples and the AsyncAPI document; exit code 1 when something must be done.

    Example: hub contracts check
    """
    from hub.operations import contracts

    report = contracts.check(_package(root))
    if as_json:
        print_json({"problems": [problem._asdict() for problem in report.problems], "judged": [_told(judged) for judged in report.judged]})
    else:
        for judged in report.judged:
            verdict = "breaking" if judged.is_breaking else "benign"
            typer.echo(printable(f"{judged.name}: {judged.old} → {judged.new}: {verdict}, {judged.first}"))
            for change in judged.changes:
                typer.echo(printable(f"    {change.path or '(body)'}: {change.reason} ({'breaking' if change.is_breaking else 'benign'})"))
        for problem in report.problems:
            typer.echo(printable(f"{problem.where}: {problem.what}"), err=True)
        if not report.problems:
            typer.echo("Schemas, examples and the AsyncAPI document agree with the code.")
    if report.problems:
        raise typer.Exit(1)


@app.command()
def generate(root: Root = None, as_json: AsJson = False) -> None:
    """Write the schemas and the AsyncAPI document from the code; released schemas are never touched.

    Example: hub contracts generate
    """
    from hub.operations import contracts

    _print_files(contracts.generate(_package(root)), "written", as_json=as_json)


@app.command()
def freeze(root: Root = None, as_json: AsJson = False) -> None:
    """Mark every edition as released: from then on a change needs a new edition. Part of making a release.

    Example: hub contracts freeze
    """
    from hub.operations import contracts

    _print_files(contracts.freeze(_package(root)), "frozen", as_json=as_json)


def _package(root: Path | None) -> "Package":
    from hub.errors import InputError
    from hub.operations.contracts import Package

    if root is None:
        return Package()
    if not root.is_dir():
        raise InputError("--root", "a folder", str(root))
    return Package(root)


def _told(judged: "Judged") -> dict[str, object]:
    changes = [{"path": c.path, "reason": c.reason, "breaking": c.is_breaking, "first": c.first} for c in judged.changes]
    names = {"type": judged.name, "old": judged.old, "new": judged.new}
    return {**names, "breaking": judged.is_breaking, "first": judged.first, "changes": changes}


def _print_files(files: list[str], done: str, *, as_json: bool) -> None:
    if as_json:
        print_json({done: files})
        return
    for file in files:
        typer.echo(f"{file}: {done}")
    if not files:
        typer.echo(f"Nothing had to be {done}.")

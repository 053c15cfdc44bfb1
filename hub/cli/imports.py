"""The words `hub import …`: take over what another system exported."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli.printing import AsJson, print_json, print_table

if TYPE_CHECKING:
    from hub.producers.crm_export import Export
    from hub.producers.crm_report import Group
    from hub.settings import Settings

app = typer.Typer(no_args_is_help=True, help="Take over what another system exported.")

_MOST_GROUPS = 40


@app.command()
def crm(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder with the export's CSV files.")],
    dealer: Annotated[str, typer.Option("--dealer", help="The dealer whose customers and opportunities these are.")],
    mapping: Annotated[Path | None, typer.Option("--mapping", help="How its words become the hub's (see: hub import mapping).")] = None,
    as_of: Annotated[
        datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="The export's own day; the latest in it unless told.")
    ] = None,
    base_file: Annotated[
        Path | None, typer.Option("--base-file", help="Write its products and salespeople to this new file, for `hub base apply`.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the report, and publish nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Publish a CRM's export through the dealer's topic, as history; importing it again changes nothing.

    Lines that cannot be right are refused and reported, the rest goes on; the exit code is then 1.

    Example: hub import crm ./export --dealer ber-01 --dry-run
    """
    from datetime import UTC

    from hub.producers.crm_export import read
    from hub.producers.crm_mapping import load
    from hub.settings import Settings

    day = as_of.date() if as_of else None
    export = read(folder, dealer, load(mapping), now=datetime.now(UTC), as_of=day)
    if base_file:
        _write_base(base_file, export)
    if not dry_run:
        _publish(export, Settings(), is_quiet=as_json)
    if as_json:
        _print_as_json(export, dry_run)
    else:
        _print(export, dry_run)
    if export.report.refusals:
        raise typer.Exit(1)


@app.command("mapping")
def mapping_() -> None:
    """Print the built-in mapping, to be copied, changed and given with --mapping.

    Example: hub import mapping > my-crm.yaml
    """
    from hub.producers.crm_mapping import BUILT_IN

    typer.echo(BUILT_IN.read_text(encoding="utf-8"), nl=False)


def _publish(export: "Export", settings: "Settings", *, is_quiet: bool) -> None:
    import asyncio
    from itertools import count

    from hub.cli.progress import progress
    from hub.producers.crm_export import publish
    from hub.producers.publisher import Publisher
    from hub.wiring import kafka_options

    async def run() -> None:
        published = count(1)
        with progress("publishing", len(export.events), is_quiet=is_quiet) as on_progress:
            async with Publisher(kafka_options(settings)) as publisher:
                await publish(export, publisher, lambda: on_progress(next(published)))

    asyncio.run(run())


def _write_base(path: Path, export: "Export") -> None:
    from hub.errors import InputError
    from hub.operations.base_file import write

    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(write(export.base))
    except OSError as error:
        raise InputError("--base-file", f"a new file that can be written ({error.strerror})", str(path)) from None


def _print(export: "Export", dry_run: bool) -> None:
    report = export.report
    print_table(
        ("file", ">lines", ">imported", ">refused", ">repaired", "columns not imported"),
        [(name, *(f"{count:,}" for count in tally[:4]), ", ".join(tally.unused_columns)) for name, tally in report.tallies.items()],
    )
    _print_groups("repaired", report.repaired())
    _print_groups("refused: expected", report.refused())
    typer.echo(
        f"\n{len(export.events):,} events {'would be' if dry_run else 'were'} published to dealer.{export.dealer}.events"
        f"; {len(export.base):,} products and salespeople are for the OEM to lay down (--base-file, hub base apply)."
    )


def _print_groups(title: str, groups: "list[Group]") -> None:
    if groups:
        typer.echo()
        rows = [(group.file, group.field, group.told, f"{group.lines:,}", group.first) for group in groups[:_MOST_GROUPS]]
        print_table(("file", "column", title, ">lines", ">first line"), rows)
    if len(groups) > _MOST_GROUPS:
        typer.echo(f"… and {len(groups) - _MOST_GROUPS} more kinds: --json lists each line")


def _print_as_json(export: "Export", dry_run: bool) -> None:
    from collections import Counter

    report = export.report
    print_json(
        {
            "is_dry": dry_run,
            "dealer": export.dealer,
            "published": 0 if dry_run else len(export.events),
            "events": Counter(said.lineage.name for said in export.events),
            "files": {name: tally._asdict() for name, tally in report.tallies.items()},
            "repairs": [repair._asdict() for repair in report.repairs],
            "refusals": [refusal._asdict() for refusal in report.refusals],
            "done": [] if dry_run else [f"{len(export.events)} events published"],
        }
    )

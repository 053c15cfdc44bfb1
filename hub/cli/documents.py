"""The words `hub documents …`: brochures, price lists and offers, by version, and who got which."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli.acting import ask, operator, url
from hub.cli.doing import Deed, Manner, do, with_manner
from hub.cli.printing import AsJson, print_json, print_more, print_table

if TYPE_CHECKING:
    from contracts.base import SalesDocument
    from hub.state.document_store import DocumentStore

app = typer.Typer(no_args_is_help=True, help="Sales documents: brochures, price lists and offers, by version, and who got which.")

_DAY = ["%Y-%m-%d"]
Id = Annotated[str, typer.Argument(metavar="ID", help="Its id, as `hub documents list` shows it.")]


@app.command()
@with_manner
def add(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file, such as a PDF.")],
    name: Annotated[str, typer.Option("--id", help="Which document this is a version of, such as price-list.")],
    version: Annotated[str, typer.Option("--version", help="Its version, such as 2026-05.")],
    title: Annotated[str, typer.Option("--title", help="What people read as its name.")],
    kind: Annotated[str, typer.Option("--kind", help="brochure, price_list or offer.")],
    product: Annotated[str | None, typer.Option("--product", help="The product it is about.")] = None,
    language: Annotated[str | None, typer.Option("--language", help="The language it is written in.")] = None,
    begins: Annotated[datetime | None, typer.Option("--from", formats=_DAY, help="The day from which it holds; without: today.")] = None,
    ends: Annotated[datetime | None, typer.Option("--until", formats=_DAY, help="The last day on which it holds.")] = None,
    *,
    manner: Manner,
) -> None:
    """Add a version of a sales document: the file is kept by its SHA-256, and the version laid down as base data.

    Example: hub documents add prices.pdf --id price-list --version 2026-05 --title "Price list" --kind price_list --why "spring prices"
    """
    import asyncio
    from datetime import UTC

    from hub.operations import documents
    from hub.settings import Settings
    from hub.wiring import kafka_options

    new = documents.draft(
        file,
        {
            "id": name,
            "version": version,
            "title": title,
            "document_kind": kind,
            "product": product,
            "language": language,
            "effective_from": begins.date() if begins else datetime.now(UTC).date(),
            "valid_until": ends.date() if ends else None,
        },
    )
    is_laid_down = ask(documents.objections, new) is not None
    if not is_laid_down:  # a file of before that is no PDF can still be put back where it was lost
        documents.check(file)
    is_kept = _store().find(new.sha256) is not None
    told = {**_told(new), "is_laid_down": is_laid_down, "is_kept": is_kept}
    until = f" to {new.valid_until}" if new.valid_until else ""
    what = f"{new.id}@{new.version}: {new.file}, {new.size:,} bytes, SHA-256 {new.sha256}, holds from {new.effective_from}{until}"

    def add_it() -> list[str]:
        asyncio.run(documents.add(operator(manner.why), url(), kafka_options(Settings()), _store(), file, new))
        return ["the file is kept", "the version is published to oem.base, and base-data folds it"]

    def keep_it() -> list[str]:
        documents.keep(_store(), file, new)
        return ["it was not kept here, and is now"]

    deed = Deed(
        told=told,
        show=lambda: typer.echo(f"{what}; it is laid down already, with just this file" if is_laid_down else what),
        ask="" if is_laid_down else "Add it?",
        act=add_it if not is_laid_down else None if is_kept else keep_it,
        say=lambda done: f"Done: {'; '.join(done)}.",
    )
    do(deed, manner)


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """List sales documents, every version.

    Example: hub documents list
    """
    from hub.operations.documents import versions

    found = ask(versions, store=_store())
    if as_json:
        print_json([{**_told(v.document), "state": v.state, "is_kept": v.is_kept} for v in found])
    elif not found:
        typer.echo("No sales documents yet: hub documents add FILE adds one.")
    else:
        print_table(
            ("id", "version", "kind", "title", "product", "holds from", "until", "state", ">bytes", "file"),
            [
                (
                    v.document.id,
                    v.document.version,
                    v.document.document_kind,
                    v.document.title,
                    v.document.product or "",
                    v.document.effective_from,
                    v.document.valid_until or "",
                    v.state,
                    f"{v.document.size:,}",
                    v.document.file if v.is_kept else f"{v.document.file} (not kept here)",
                )
                for v in found
            ],
        )


@app.command()
def show(
    name: Id,
    version: Annotated[str, typer.Option("--recipients", metavar="VERSION", help="List who got this version.")] = "",
    most: Annotated[int, typer.Option("--limit", "-n", min=1, max=100_000, help="At most so many recipients, the latest.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Show a document's versions, and what became of the deliveries that carried each; or who got one of them.

    Examples: hub documents show price-list · hub documents show price-list --recipients 2026-05
    """
    from hub.errors import InputError
    from hub.operations.documents import distribution, recipients, versions
    from hub.rules.masking import mask_reference

    found = ask(versions, name, _store())
    if not found:
        raise InputError("ID", "a document that was added (hub documents list)", name)
    if version and version not in {v.document.version for v in found}:
        raise InputError("--recipients", f"one of {', '.join(v.document.version for v in found)}", version)
    if version:
        heads = ("known to", "kind", "person", "channel", "state", "when", "campaign")
        rows = [
            (r.principal, r.person_kind, mask_reference(r.person), r.channel, r.state, f"{r.at:%Y-%m-%d %H:%MZ}", r.campaign or "")
            for r in ask(recipients, name, version, most)
        ]
        if as_json:
            return print_json([dict(zip(heads, row, strict=True)) for row in rows])
        if not rows:
            return typer.echo(f"Nobody was to get {name}@{version} yet.")
        print_table(heads, rows)
        return print_more(len(rows), most)
    sent = ask(distribution, name)
    if as_json:
        return print_json(
            [
                {
                    **_told(v.document),
                    "state": v.state,
                    "is_kept": v.is_kept,
                    "deliveries": [s._asdict() for s in sent if s.version == v.document.version],
                }
                for v in found
            ]
        )
    for v in found:
        typer.secho(f"{v.document.id}@{v.document.version}, {v.state}", bold=True)
        typer.echo(f"  {v.document.title} ({v.document.document_kind}), {v.document.file}, {v.document.size:,} bytes")
        typer.echo(f"  SHA-256 {v.document.sha256}{'' if v.is_kept else ', not kept in this folder'}")
        counts = [f"{s.deliveries:,} {s.channel or 'any channel'} {s.state}" for s in sent if s.version == v.document.version]
        typer.echo(f"  deliveries: {', '.join(counts) or 'none yet'}")
    return None


def _told(document: "SalesDocument") -> dict[str, Any]:
    return document.model_dump(mode="json", exclude={"revision", "corrects"})


def _store() -> "DocumentStore":
    from hub.cli.stack import data_folder
    from hub.settings import Settings
    from hub.state.document_store import DocumentStore

    settings = Settings()
    return DocumentStore(Path(settings.documents) if settings.documents else data_folder(None) / "documents")

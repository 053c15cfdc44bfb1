"""The words `hub audiences …`: whom a file chooses, before anything is sent."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli.acting import Unmask, Why, ask, operator
from hub.cli.printing import AsJson, print_json, print_more, print_table

if TYPE_CHECKING:
    from hub.rules.notices import Person
    from hub.state.people import Addressee

app = typer.Typer(
    no_args_is_help=True, help="Audiences: whom the conditions of a file choose. See docs/campaigns.md for what may be asked."
)

File = Annotated[Path, typer.Argument(metavar="FILE", help="YAML with `audience:` and `where:`, such as a campaign's.")]


@app.command()
def check(file: File, as_json: AsJson = False) -> None:
    """Check an audience's conditions; what is wrong is named by its line and path. Nothing is asked of the hub.

    Example: hub audiences check spring.yaml
    """
    from hub.operations.audience_file import audience

    found = audience(file)
    if as_json:
        print_json({"audience": found.audience, "where": _where(found.document)})
    else:
        typer.echo(f"{file.name}: chooses among {found.audience}; every condition can be asked.")


@app.command()
def count(file: File, as_json: AsJson = False) -> None:
    """Count whom an audience holds, by the dealer who knows them. Whether they can be reached `hub campaigns preview` tells.

    Example: hub audiences count spring.yaml
    """
    from hub.operations.audience_file import audience
    from hub.operations.audiences import count as operation

    found = audience(file)
    counts = ask(operation, found)
    if as_json:
        print_json({"audience": found.audience, "total": sum(counts.values()), "by": counts})
    elif not counts:
        typer.echo(f"Nobody: the conditions hold of none of the {found.audience}.")
    else:
        print_table(("known to", ">people"), [(principal, f"{number:,}") for principal, number in counts.items()])
        typer.echo(f"{sum(counts.values()):,} {found.audience}.")


@app.command()
def preview(
    file: File,
    most: Annotated[int, typer.Option("--limit", "-n", min=1, max=1_000, help="Show at most so many.")] = 20,
    unmask: Unmask = False,
    why: Why = "",
    as_json: AsJson = False,
) -> None:
    """Show some of an audience: who, in which language, and by which channels they could be reached.

    Example: hub audiences preview spring.yaml -n 5
    """
    from hub.operations.audience_file import audience
    from hub.operations.audiences import some

    found = audience(file)
    if unmask:
        operator(why).unmasks("audience.unmasked", file.name)
    people = [_shown(person, who, is_masked=not unmask) for person, who in ask(some, found, most).items()]
    if as_json:
        print_json(people)
    elif not people:
        typer.echo(f"Nobody: the conditions hold of none of the {found.audience}.")
    else:
        print_table(tuple(people[0]), [tuple("" if value is None else value for value in one.values()) for one in people])
        print_more(len(people), most)


def _shown(person: "Person", who: "Addressee", *, is_masked: bool) -> dict[str, Any]:
    from hub.rules.masking import mask_reference, shape

    def personal(value: str | None) -> str | None:
        return shape(value) if value is not None and is_masked else value

    return {
        "known to": person.principal,
        "kind": person.kind,
        "ref": mask_reference(person.ref) if is_masked else person.ref,
        "name": personal(who.name),
        "language": who.language,
        "email": personal(who.email),
        "phone": personal(who.phone),
        "post": personal(", ".join(filter(None, (who.address.street, who.address.city))) if who.address else None),
        "gone": who.gone,
    }


def _where(document: str) -> object:
    import json

    return json.loads(document)

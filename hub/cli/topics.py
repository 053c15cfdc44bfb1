"""The words `hub topics …`: list, plan, apply, show, tail."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli.acting import Unmask, Why
from hub.cli.printing import AsJson, print_json, print_table, printable

if TYPE_CHECKING:
    from hub.operations.record_view import View
    from hub.operations.topic_facts import Facts
    from hub.operations.topic_plan import Plan, Step

app = typer.Typer(no_args_is_help=True, help="The topics: what the catalogue wants, what the cluster has, what they carry.")

TopicName = Annotated[str, typer.Argument(metavar="TOPIC", help="A topic's full name, such as dealer.ber-01.events.")]
Shrink = Annotated[bool, typer.Option("--shrink-retention", help="Allow shorter retention: the records beyond it are deleted.")]
Grow = Annotated[bool, typer.Option("--grow-partitions", help="Allow more partitions: keys lose their order at the change.")]


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """List every topic on the cluster with its size.

    Example: hub topics list
    """
    from hub.operations.topic_facts import facts
    from hub.settings import Settings

    found = facts(Settings())
    if as_json:
        print_json([asdict(topic) for topic in found])
        return
    print_table(
        ("topic", "carries", "owner", ">partitions", ">records", ">bytes", "kept"),
        [(t.name, t.carries, t.owner, len(t.partitions), f"{t.records:,}", f"{t.bytes_on_disk:,}", _kept(t)) for t in found],
    )


@app.command()
def plan(as_json: AsJson = False) -> None:
    """Show what `apply` would create and change; nothing is touched.

    Example: hub topics plan --json
    """
    from hub.operations import topics
    from hub.settings import Settings

    found = topics.plan(Settings())
    if as_json:
        print_json(_told(found))
        return
    _print_plan(found)


@app.command()
def apply(
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask; needed where nobody can answer.")] = False,
    shrink_retention: Shrink = False,
    grow_partitions: Grow = False,
    why: Annotated[str, typer.Option("--why", help="The reason, for the record; needed where something is lost.")] = "",
    as_json: AsJson = False,
) -> None:
    """Create and change topics as the plan says; no topic is ever deleted.

    Examples: hub topics apply --yes · hub topics apply --shrink-retention --why "the disks are full"
    """
    from hub.cli.doing import Deed, Manner, do
    from hub.operations import topics
    from hub.operations.topic_plan import GROW_PARTITIONS, SHRINK_RETENTION
    from hub.settings import Settings

    flags = [flag for flag, is_given in ((SHRINK_RETENTION, shrink_retention), (GROW_PARTITIONS, grow_partitions)) if is_given]
    settings = Settings()
    found = topics.plan(settings)
    allowed = [step for step in found.steps if step.is_allowed(flags)]
    is_lossless = not any(step.loses for step in allowed)
    reason = topics.AS_WANTED if is_lossless and not why.strip() else why

    def act() -> list[str]:
        done = list[str]()

        def progress(words: str) -> None:
            done.append(words)
            typer.echo(words, err=as_json)

        topics.apply(settings, found, flags=flags, progress=progress, why=reason)
        return done

    deed = Deed(
        told=_told(found, flags),
        show=lambda: _print_plan(found, flags),
        ask="Apply this plan?",
        act=act if allowed else None,
    )
    do(deed, Manner(dry_run=False, yes=yes, why=reason, as_json=as_json))
    if len(allowed) < len(found.steps):
        typer.echo("Some steps were refused, see the plan above.", err=True)
        raise typer.Exit(1)


@app.command()
def show(
    topic: Annotated[str, typer.Argument(metavar="TOPIC[@P:O]", help="A topic, or one record of it by partition and offset.")],
    unmask: Unmask = False,
    why: Why = "",
    as_json: AsJson = False,
) -> None:
    """Show a topic, or one of its records.

    Examples: hub topics show hub.crm · hub topics show dealer.ber-01.events@0:42
    """
    from hub.operations import acts, records, topic_facts
    from hub.settings import Settings

    reason = acts.reason(why) if unmask else ""
    if "@" in topic:
        _print_record(records.one(Settings(), records.Place.parse(topic), why=reason), as_json)
        return
    found = topic_facts.fact(Settings(), topic)
    if as_json:
        print_json(asdict(found))
        return
    print_table(
        (found.name, ""),
        [
            ("carries", found.carries),
            ("owner", found.owner),
            ("key", found.key),
            ("may write", ", ".join(found.writers) or "super users only"),
            ("may read", ", ".join(found.readers) or "super users only"),
            ("replicas", found.replication),
            ("bytes on disk", f"{found.bytes_on_disk:,}"),
            *found.config.items(),
            *(
                (f"partition {part.partition}", f"{part.start} … {part.end} ({part.end - part.start:,} records)")
                for part in found.partitions
            ),
        ],
    )


@app.command()
def tail(
    topic: TopicName,
    count: Annotated[int | None, typer.Option("--lines", "-n", min=0, help="How many records; 10 unless from the start.")] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with what comes; end with Ctrl-C.")] = False,
    from_start: Annotated[bool, typer.Option("--from-start", help="Begin with the oldest record instead of the newest ones.")] = False,
    wire: Annotated[str, typer.Option("--type", help="Only this event type: customer.recorded, or with its version.")] = "",
    key: Annotated[str, typer.Option("--key", help="Only this record key.")] = "",
    unmask: Unmask = False,
    why: Why = "",
    as_json: AsJson = False,
) -> None:
    """Show the newest records of a topic, oldest first.

    With --type or --key the last 10,000 records of each partition are looked through; --from-start looks through all.

    Example: hub topics tail dealer.ber-01.events -n 5 --type customer.recorded
    """
    from hub.operations import acts, records
    from hub.settings import Settings

    reason = acts.reason(why) if unmask else ""
    found = records.tail(Settings(), topic, count=count, follow=follow, from_start=from_start, wire=wire, key=key, why=reason)
    shown = False
    try:
        for record in found:
            shown = True
            _print_record(record, as_json)
    except KeyboardInterrupt:
        return
    if not shown:
        typer.echo("No such records.", err=True)


def _told(found: "Plan", flags: Iterable[str] = ()) -> dict[str, object]:
    steps = [{**asdict(step), "is_allowed": step.is_allowed(flags)} for step in found.steps]
    for step in steps:
        del step["creates"]  # the same once more, as the broker is told
    return {"steps": steps, "unknown": found.unknown}


def _print_plan(found: "Plan", flags: Iterable[str] = ()) -> None:
    if found.is_empty:
        typer.echo("The cluster is as the catalogue wants it.")
    else:
        rows = [
            (step.topic, step.what, _amount(step.what, step.was), _amount(step.what, step.becomes), _verdict(step, flags))
            for step in found.steps
        ]
        print_table(("topic", "change", "is", "becomes", "will be"), rows)
    if found.unknown:
        typer.echo(f"Not in the catalogue, left alone: {', '.join(found.unknown)}")


def _amount(what: str, text: str) -> str:
    from hub.operations.topic_plan import period

    return period(text) if what == "retention.ms" and text else text


def _verdict(step: "Step", flags: Iterable[str]) -> str:
    if step.is_allowed(flags):
        return f"done; loses {step.loses}" if step.loses else "done"
    return f"refused: {step.loses}" if step.impossible else f"refused without {step.needs}: would lose {step.loses}"


def _print_record(record: "View", as_json: bool) -> None:
    shown: dict[str, Any] = {
        "at": f"{record.topic}@{record.partition}:{record.offset}",
        "time": record.time.isoformat(),
        "key": record.key,
        "type": record.type,
        "headers": record.headers,
        "body": record.body,
        "problems": record.problems,
    }
    if as_json:
        typer.echo(json.dumps(shown, ensure_ascii=False))
        return
    typer.secho(printable(f"{shown['at']}  {shown['time']}  key {record.key}  {record.type or '(no type)'}"), bold=True)
    for name, text in record.headers.items():
        typer.echo(f"  {printable(name)}: {printable(text)}")
    for line in json.dumps(record.body, indent=2, ensure_ascii=False).splitlines():
        typer.echo(f"  {printable(line)}")
    for problem in record.problems:
        typer.secho(f"  ! {printable(problem)}", fg="red")


def _kept(topic: "Facts") -> str:
    from hub.operations.topic_plan import period

    kept = period(topic.config["retention.ms"]) if "retention.ms" in topic.config else ""
    return f"{kept}, compacted" if "compact" in topic.config.get("cleanup.policy", "") else kept

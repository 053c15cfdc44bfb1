"""The words `hub consents …`: who may be written to, what proves it, and what an operator enters."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli.acting import ask, operator, print_foretold
from hub.cli.carrying import Patience, Plan, carry_out, with_patience
from hub.cli.doing import Manner
from hub.cli.filters import channel_of, dealers
from hub.cli.printing import AsJson, print_json, print_more, print_table, printable

if TYPE_CHECKING:
    from hub.rules.consents import Slot
    from hub.state.consent_desk import Agreement, Chosen

app = typer.Typer(no_args_is_help=True, help="Whether people may be written to: over which channel, for what, by whom, and what proves it.")

Person = Annotated[str, typer.Argument(metavar="PERSON", help="The dealer's or the OEM's reference of the person.")]
Kind = Annotated[str, typer.Option("--kind", help="customer, contact or prospect.")]
Dealer = Annotated[str, typer.Option("--dealer", help="Whose reference it is; oem for the OEM's own.")]
Channel = Annotated[str, typer.Option("--channel", help="Only this: email, sms or post.")]
Purpose = Annotated[str, typer.Option("--purpose", help="Only this one (hub base list consent_purpose).")]
Grantee = Annotated[str, typer.Option("--grantee", help="Who may write: a dealer's id, or oem.")]
Channels = Annotated[list[str] | None, typer.Option("--channel", help="email, sms or post; may be repeated.")]
Purposes = Annotated[list[str] | None, typer.Option("--purpose", help="May be repeated (hub base list consent_purpose).")]
Where = Annotated[str, typer.Option("--where", help="The proof: where it was said, such as 'letter of 3 March'.")]
TextVersion = Annotated[str, typer.Option("--text-version", help="The proof: which version of the text was agreed to.")]
Message = Annotated[str, typer.Option("--message", help="The proof: the message or document that says it.")]
Most = Annotated[int, typer.Option("--limit", "-n", min=1, max=100_000, help="At most so many.")]


@app.command("list")
def list_(
    dealer: Dealer = "",
    kind: Kind = "",
    channel: Channel = "",
    purpose: Purpose = "",
    grantee: Grantee = "",
    status: Annotated[str, typer.Option("--status", help="Only what is given, or withdrawn.")] = "",
    most: Most = 50,
    as_json: AsJson = False,
) -> None:
    """List consents as they stand, by person.

    Example: hub consents list --dealer ber-01 --channel email --status withdrawn
    """
    from hub.operations import consents

    found = ask(consents.find, _choice("", kind, dealer, channel, purpose, grantee, status), most)
    if as_json:
        return print_json([_told(one) for one in found])
    if not found:
        typer.echo("Nobody said anything of that kind.")
        return None
    print_table(
        ("of", "person", "channel", "purpose", "by", "stands", "since"),
        [(one.principal, _person(one), one.channel, one.purpose, one.grantee, one.status, f"{one.since:%Y-%m-%d %H:%MZ}") for one in found],
    )
    print_more(len(found), most)
    return None


@app.command()
def show(person: Person, kind: Kind = "", dealer: Dealer = "", as_json: AsJson = False) -> None:
    """Show one person's consents: what stands, what proves it, and all that was ever said of it.

    Example: hub consents show C-1042 --dealer ber-01
    """
    from hub.operations import consents

    found, said = ask(consents.of_person, _choice(person, kind, dealer))
    if as_json:
        return print_json([{**_told(one), "ledger": [word._asdict() for word in said.get(one.ref, ())]} for one in found])
    for one in found:
        typer.secho(printable(f"{one.channel} for {one.purpose} by {one.grantee}: {one.status}"), bold=True)
        typer.echo(f"  since   {one.since:%Y-%m-%d %H:%M:%SZ}")
        for word in said.get(one.ref, ()):
            mark = "proof " if word.event == one.because else "said  "
            note = "" if word.counts else "  (does not count: refused, waiting, held back or corrected)"
            where = f"{word.type}  {word.topic}@{word.partition}:{word.offset}"
            typer.echo(printable(f"  {mark}  {word.occurred_at:%Y-%m-%d %H:%M:%SZ}  {where}{note}"))
    typer.echo("hub topics show TOPIC@P:O shows a record; with --unmask all that it says.")
    return None


@app.command()
@with_patience
def give(
    person: Person,
    kind: Kind = "customer",
    dealer: Dealer = "",
    channel: Channels = None,
    purpose: Purposes = None,
    grantee: Grantee = "",
    where: Where = "",
    text_version: TextVersion = "",
    message: Message = "",
    *,
    manner: Manner,
    patience: Patience,
) -> None:
    """Enter that a person agreed, with its proof.

    Example: hub consents give C-1042 --dealer ber-01 --channel email --purpose news --where "signed form" --why "scanned today"
    """
    proof = {"where": where, "text_version": text_version or None, "message": message or None}
    fields = _fields("given", person, kind, dealer, channel, purpose, grantee, proof)
    _enter(fields, manner, patience)


@app.command()
@with_patience
def withdraw(
    person: Person,
    kind: Kind = "customer",
    dealer: Dealer = "",
    channel: Channels = None,
    purpose: Purposes = None,
    grantee: Grantee = "",
    where: Where = "",
    message: Message = "",
    *,
    manner: Manner,
    patience: Patience,
) -> None:
    """Enter that a person agrees no longer; without channel or purpose, to none of them.

    Example: hub consents withdraw C-1042 --dealer ber-01 --channel email --where "call of 3 March" --why "told us on the phone"
    """
    proof = {"where": where, "message": message or None}
    fields = _fields("withdrawn", person, kind, dealer, channel, purpose, grantee, proof)
    _enter(fields, manner, patience)


def _fields(
    status: str,
    person: str,
    kind: str,
    dealer: str,
    channels: list[str] | None,
    purposes: list[str] | None,
    grantee: str,
    proof: dict[str, str | None],
) -> dict[str, Any]:
    named = {"dealer": dealer, "grantee": grantee}
    return {
        "status": status,
        "person": person,
        "person_kind": kind,
        "channels": tuple(channels or ()),
        "purposes": tuple(purposes or ()),
        "proof": {name: value for name, value in proof.items() if value is not None},
        **{name: value for name, value in named.items() if value},
    }


def _enter(fields: dict[str, Any], manner: Manner, patience: Patience) -> None:
    from hub.operations import consents

    entered, status = ask(consents.enter, fields), fields["status"]
    stands = [(slot, one.status if one else "nothing was said") for slot, one in entered.slots.items()]

    def show() -> None:
        heads = ("of", "person", "channel", "purpose", "by", "stands")
        rows = [(s.owner, _person(s), s.channel, s.purpose, s.grantee, now) for s, now in stands]
        print_foretold(heads, rows, [status] * len(rows))

    plan = Plan(
        told={
            "consents": [
                {"channel": s.channel, "purpose": s.purpose, "grantee": s.grantee, "stands": now, "foretold": status} for s, now in stands
            ]
        },
        show=show,
        question=f"Enter that {len(stands)} of these are {status}?",
        ask=lambda: consents.record(operator(manner.why), [entered]),
    )
    carry_out(plan, manner, patience)


def _choice(person: str, kind: str, dealer: str, channel: str = "", purpose: str = "", grantee: str = "", status: str = "") -> "Chosen":
    from hub.state.consent_desk import Chosen

    return Chosen(dealers(dealer), person, kind, channel_of(channel) or "", purpose, grantee, status)


def _person(one: "Agreement | Slot") -> str:
    from hub.rules.masking import mask_reference

    return f"{one.person_kind} {mask_reference(one.person)}"


def _told(one: "Agreement") -> dict[str, object]:
    """Without the words of the proof, which may tell of a person: the record has them."""
    from hub.rules.masking import mask_reference

    told = {name: value for name, value in one._asdict().items() if name not in {"ref", "proof_where", "proof_text", "proof_message"}}
    return {**told, "person": mask_reference(one.person)}

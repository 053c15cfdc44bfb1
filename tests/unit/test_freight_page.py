"""The example on the page about freight is reckoned by the rules, not by hand."""

from hub.operations.base_file import parse
from hub.rules.basedata import BaseData
from hub.rules.freight.charge import Charge
from hub.rules.money import written
from tests.support import tree
from tests.support.charging import Paper

PAGE = (tree.ROOT / "docs/freight.md").read_text().partition("\n## An example\n")[2]
FILE = PAGE.partition("```yaml\n")[2].partition("```")[0]


def euros(minor: int) -> str:
    return written(minor, "EUR")


def on_the_page(*told: str) -> None:
    missing = [text for text in told if text not in PAGE]
    assert not missing, f"docs/freight.md, An example: let it say {missing}"


def accounts(charge: Charge) -> list[str]:
    return [f"| `{one['account']}` | {euros(one['minor'])} |" for one in charge.balances]


def test_the_example_is_as_the_rules_have_it() -> None:
    laid = BaseData(edition.datum for edition in parse(FILE, "docs/freight.md").editions)
    paper = Paper()
    kinds = (("10", 500, "WVWZZZ1JZXW000001"), ("20", 200, None), ("30", 100, None))
    paper.despatched(0, *({"order": "ber-01/O-1#1", "line": line, "quantity": 1, "weight_kg": kg, "vin": vin} for line, kg, vin in kinds))
    on_the_page(f"{euros(paper.charge(laid).accrued_minor)} are accrued")
    paper.performed("waiting", 3)
    expected = paper.charge(laid)
    on_the_page(f"reported waiting {euros(expected.accrued_minor)}")
    paper.billed(
        freight={"amount_minor": 17_100, "weight_g": 900_000},
        waiting=6_000,
        fuel={"amount_minor": 2_180, "percent_milli": 12_750},
        express=4_275,
    )
    charge = paper.charge(laid)
    wrong = {one["charge"]: f"{euros(one['disputed_minor'])} (`{one['reason']}`)" for one in charge.findings}
    on_the_page(
        f"| freight | {euros(charge.expected['freight'])} | {euros(17_100)}, for 900 kg | {wrong['freight']} |",
        f"| waiting | {euros(charge.expected['waiting'])} | {euros(6_000)} | |",
        f"| fuel | {euros(charge.expected['fuel'])} | {euros(2_180)}, at 12.75 % | {wrong['fuel']} |",
        f"| express | | {euros(4_275)} | {wrong['express']} |",
        f"The bill of {euros(charge.billed_minor)} takes",
        *accounts(charge),
    )
    vehicle, *parts = (euros(share["minor"]) for share in charge.allocations)
    on_the_page(f"{vehicle} to the vehicle, {' and '.join(parts)} to the parts")
    paper.credited(l1=1_900, l3=242, l4=4_275)
    settled = paper.charge(laid)
    assert (settled.status, settled.disputed_minor) == ("settled", 0)
    on_the_page(f"credits {euros(settled.credited_minor)}", f"{euros(settled.cost_minor)} are payable")

"""What a dealer and the OEM say in tests of the engine: short words for whole events."""

from datetime import timedelta
from typing import Any

from contracts.base import COMPETITOR_RECORDED, LOSS_REASON_RECORDED, SALES_MODEL_RECORDED
from contracts.contract import Lineage
from contracts.customers import CUSTOMER_CHANGED, CUSTOMER_RECORDED
from contracts.opportunities import OPPORTUNITY_LOST, OPPORTUNITY_MOVED, OPPORTUNITY_OPENED, OPPORTUNITY_REOPENED, OPPORTUNITY_WON
from contracts.topics import OEM_BASE
from hub.stream.slips import Stored
from tests.support.engine import NOON, Log

STAGES = [
    {"id": "talk", "name": "Talk", "probability": 10, "moves": ["offer"], "may_win": False},
    {"id": "offer", "name": "Offer", "probability": 50},
]


def after(hours: float) -> str:
    """So many hours after noon."""
    return (NOON + timedelta(hours=hours)).isoformat()


class Words:
    """Appends events of one dealer to a log; each gets the id it is given, or the next number."""

    def __init__(self, log: Log, dealer: str = "ber-001") -> None:
        self.log, self.dealer = log, dealer
        self._count = 0

    def say(self, lineage: Lineage[Any], body: dict[str, Any], hours: float, **how: Any) -> Stored:
        """One event, so many hours after noon; `corrects` and `revision` go into its body."""
        self._count += 1
        extra: dict[str, Any] = {name: how.pop(name) for name in ("corrects", "revision") if name in how}
        how.setdefault("id", f"e{self._count}")
        return self.log.say(lineage, {"occurred_at": after(hours), **body, **extra}, **{"dealer": self.dealer, **how})

    def recorded(self, customer: str, name: str, hours: float = 0, **how: Any) -> Stored:
        """All of a customer."""
        return self.say(CUSTOMER_RECORDED, {"customer": customer, "name": name}, hours, **how)

    def changed(self, customer: str, hours: float = 1, *, phone: str = "1", **how: Any) -> Stored:
        """A customer's telephone number."""
        return self.say(CUSTOMER_CHANGED, {"customer": customer, "phone": phone}, hours, **how)

    def opened(self, opportunity: str, hours: float = 0, *, stage: str = "offer", **how: Any) -> Stored:
        """A sale becomes possible."""
        return self.say(OPPORTUNITY_OPENED, {"opportunity": opportunity, "stage": stage}, hours, **how)

    def moved(self, opportunity: str, hours: float = 1, *, origin: str = "talk", target: str = "offer", **how: Any) -> Stored:
        """From stage to stage."""
        return self.say(OPPORTUNITY_MOVED, {"opportunity": opportunity, "from_stage": origin, "to_stage": target}, hours, **how)

    def won(self, opportunity: str, hours: float = 2, *, stage: str = "offer", **how: Any) -> Stored:
        """Sold; a win in stage `talk` is what the rules reject."""
        return self.say(OPPORTUNITY_WON, {"opportunity": opportunity, "stage": stage}, hours, **how)

    def lost(self, opportunity: str, hours: float = 3, *, reason: str = "price", **how: Any) -> Stored:
        """Not sold."""
        body = {"opportunity": opportunity, "stage": "offer", "reason": reason, "competitor": "none"}
        return self.say(OPPORTUNITY_LOST, body, hours, **how)

    def reopened(self, opportunity: str, hours: float = 4, **how: Any) -> Stored:
        """Possible again."""
        return self.say(OPPORTUNITY_REOPENED, {"opportunity": opportunity, "stage": "offer"}, hours, **how)


def base_data(log: Log, *kinds: str) -> list[Stored]:
    """Lay down the sales model `standard`, the loss reason `price`, the competitor `acme`; all of them or those named."""
    known: dict[str, tuple[Lineage[Any], dict[str, Any]]] = {
        "sales_model": (SALES_MODEL_RECORDED, {"id": "standard", "name": "Standard", "stages": STAGES}),
        "loss_reason": (LOSS_REASON_RECORDED, {"id": "price", "name": "Price"}),
        "competitor": (COMPETITOR_RECORDED, {"id": "acme", "name": "Acme"}),
    }
    return [
        log.say(
            lineage,
            body,
            id=f"{kind}-1",
            source="/oem/mdm",
            topic=OEM_BASE.name,
            key=f"{kind}/{body['id']}@1900-01-01",
        )
        for kind, (lineage, body) in known.items()
        if not kinds or kind in kinds
    ]

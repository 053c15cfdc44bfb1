"""First editions of the base data."""

from datetime import date
from typing import Annotated, ClassVar

from pydantic import FailFast, Field, field_validator

from contracts.contract import Contract, Event
from contracts.values import Channel, Country, Day, Line, Money, PartnerId, Percent, Ref, Several, Slug, Text


class BaseDatum(Event):
    """One edition of something the OEM lays down; it holds from `effective_from` until the next edition."""

    KIND: ClassVar[str]

    id: Ref
    effective_from: Day = date(1900, 1, 1)
    retired: bool = False

    @property
    def edition(self) -> str:
        """The subject's reference, and so the record's key; the kind is part of it, as all kinds share one compacted topic."""
        return f"{self.KIND}/{self.id}@{self.effective_from.isoformat()}"


class Dealer(BaseDatum):
    """A dealer and its place in the sales organisation."""

    KIND = "dealer"

    id: PartnerId
    name: Line
    unit: Line | None = None
    country: Country | None = None


class Staff(BaseDatum):
    """A salesperson or another member of a dealer's or the OEM's staff."""

    KIND = "staff"

    name: Line
    dealer: PartnerId | None = None
    manager: Line | None = None


class Product(BaseDatum):
    """Something that is sold."""

    KIND = "product"

    name: Line
    series: Line | None = None
    list_price: Money | None = None


class Stage(Contract):
    """One stage of a sales model; `moves` are the stages that may follow it; none named: any."""

    id: Slug
    name: Line
    probability: Percent
    ageing_days: Annotated[int, Field(ge=1, le=3650)] | None = None
    moves: Several[Slug] = ()
    may_win: bool = True
    may_lose: bool = True


class SalesModel(BaseDatum):
    """A sales process made of user-defined stages, in their order."""

    KIND = "sales_model"

    id: Slug
    name: Line
    stages: Annotated[tuple[Stage, ...], Field(min_length=1, max_length=50), FailFast()]

    @field_validator("stages")
    @classmethod
    def _moves_lead_to_stages(cls, stages: tuple[Stage, ...]) -> tuple[Stage, ...]:
        known = [stage.id for stage in stages]
        if len(set(known)) != len(known):
            raise ValueError("each stage has an id of its own")
        for stage in stages:
            for move in stage.moves:
                if move not in known:
                    raise ValueError(f"stage {stage.id} moves to {move}, which is no stage of this model")
        return stages

    def stage(self, stage: str) -> Stage | None:
        """The stage of that id, if the model has it."""
        return next((s for s in self.stages if s.id == stage), None)


class LossReason(BaseDatum):
    """Why an opportunity may be lost."""

    KIND = "loss_reason"

    id: Slug
    name: Line


class Competitor(BaseDatum):
    """Who else sells what we sell."""

    KIND = "competitor"

    id: Slug
    name: Line
    products: Several[Line] = ()
    strengths: Text | None = None
    weaknesses: Text | None = None


class ConsentPurpose(BaseDatum):
    """What somebody may be written to for.

    Over the channels of `needs_consent` nobody is written to before they agreed; over others until they object.
    What is not `is_marketing`, such as a recall, needs no consent and passes marketing blocks, never a legal one.
    """

    KIND = "consent_purpose"

    id: Slug
    name: Line
    needs_consent: Several[Channel] = ("email", "sms", "post")
    is_marketing: bool = True

"""First editions of the base data."""

from datetime import date
from typing import Annotated, ClassVar, Literal, Self, TypeVar

from pydantic import FailFast, Field, field_validator, model_validator

from contracts.contract import Contract, Event
from contracts.values import (
    Channel,
    Count,
    Country,
    Day,
    Language,
    Line,
    Money,
    PartnerId,
    Percent,
    Ref,
    Several,
    Sha256,
    Slug,
    Text,
    TimeZone,
)


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


class ReminderStep(Contract):
    """One step of a reminder, so many days after its due date; before it where negative."""

    id: Slug
    days: Annotated[int, Field(ge=-365, le=365)]


S = TypeVar("S", bound=ReminderStep)


def _in_order(steps: tuple[S, ...]) -> tuple[S, ...]:
    if len({step.id for step in steps}) != len(steps) or len({step.days for step in steps}) != len(steps):
        raise ValueError("each step has an id and a day of its own")
    return tuple(sorted(steps, key=lambda step: step.days))


class ServicePlan(BaseDatum):
    """A service that comes round: after so many months or so many kilometres, whichever comes first; none of the one, the other alone.

    Steps come at `hour` o'clock, wall time of `zone`, in which the due date is a day as well. `usual_km_a_year` is what a car is
    taken to run until its own readings tell.
    """

    KIND = "service_plan"

    id: Slug
    name: Line
    months: Annotated[int, Field(ge=1, le=120)] | None = 12
    distance_km: Annotated[int, Field(ge=1_000, le=500_000)] | None = None
    usual_km_a_year: Annotated[int, Field(ge=1_000, le=200_000)] = 15_000
    steps: Annotated[tuple[ReminderStep, ...], Field(min_length=1, max_length=20), FailFast()] = (
        ReminderStep(id="before", days=-30),
        ReminderStep(id="due", days=0),
        ReminderStep(id="overdue", days=30),
    )
    zone: TimeZone = "UTC"
    hour: Annotated[int, Field(ge=0, le=23)] = 9
    template: Slug = "service-due"

    @field_validator("steps")
    @classmethod
    def _follow_one_another(cls, steps: tuple[ReminderStep, ...]) -> tuple[ReminderStep, ...]:
        return _in_order(steps)

    @model_validator(mode="after")
    def _has_an_interval(self) -> Self:
        if self.months is None and self.distance_km is None:
            raise ValueError("months, distance_km or both")
        return self


class PaperTerms(BaseDatum):
    """How long the ERP may take for its papers, by agreement: `standard` for everybody, or a dealer's own under the dealer's id.

    An answer is to come within `answer_hours` of the request, a despatch advice within `advice_hours` of the end of its window
    or promised day, an invoice within `invoice_hours` of the arrival of the goods.
    """

    KIND = "paper_terms"

    id: Slug
    answer_hours: Annotated[int, Field(ge=1, le=8_760)] = 48
    advice_hours: Annotated[int, Field(ge=0, le=8_760)] = 0
    invoice_hours: Annotated[int, Field(ge=1, le=8_760)] = 336


class ComplaintTerms(BaseDatum):
    """How long a complaint may take: `standard` for every category, or one category's own under its id.

    Whoever complains is to be answered by the end of business of the `answer_days`-th day of business after, and the complaint to
    be settled by that of the `solve_days`-th, by the calendars of its dealer. Whoever has it in hand hears of each so many hours before.
    """

    KIND = "complaint_terms"

    id: Slug
    answer_days: Annotated[int, Field(ge=1, le=60)] = 2
    solve_days: Annotated[int, Field(ge=1, le=250)] = 10
    remind_hours: Annotated[int, Field(ge=0, le=720)] = 24

    @model_validator(mode="after")
    def _answers_first(self) -> Self:
        if self.solve_days < self.answer_days:
            raise ValueError("solve_days not below answer_days")
        return self


class PlanStep(ReminderStep):
    """A step in words of its own, where a template is named."""

    template: Slug | None = None


class ReminderPlan(BaseDatum):
    """When a dealer and its customer are reminded of what its `id` says; a kind without a plan is reminded of to nobody.

    `dunning` counts from the day by which an invoice is to be paid, `contract_end` from the last day of a leasing or financing,
    `repurchase` from the day on which a customer has had a car for so many `months`. Steps come as those of a service plan do.
    The customer hears of them by the consent purpose, in the words of `template` or of the step's own.
    """

    KIND = "reminder_plan"

    id: Literal["dunning", "contract_end", "repurchase"]
    name: Line
    months: Annotated[int, Field(ge=1, le=240)] | None = None
    steps: Annotated[tuple[PlanStep, ...], Field(min_length=1, max_length=20), FailFast()]
    zone: TimeZone = "UTC"
    hour: Annotated[int, Field(ge=0, le=23)] = 9
    purpose: Slug
    template: Slug

    @field_validator("steps")
    @classmethod
    def _follow_one_another(cls, steps: tuple[PlanStep, ...]) -> tuple[PlanStep, ...]:
        return _in_order(steps)

    @model_validator(mode="after")
    def _counts_from_a_day(self) -> Self:
        if (self.months is None) == (self.id == "repurchase"):
            raise ValueError("months for repurchase, and for it alone")
        return self


class SalesDocument(BaseDatum):
    """A brochure, price list or offer for customers, in one version; the file itself is kept by its hash, and valid until a day."""

    KIND = "sales_document"

    id: Slug
    title: Line
    document_kind: Literal["brochure", "price_list", "offer"]
    version: Slug
    valid_until: Day | None = None
    product: Ref | None = None
    language: Language | None = None
    file: Line
    sha256: Sha256
    size: Count

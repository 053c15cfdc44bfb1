"""Base data: what the OEM lays down for everybody, with the day from which it holds.

A subject is one edition, `<id>@<effective_from>`: a compacted topic then keeps every edition,
and a fold can look up what held when its event occurred.
"""

from contracts.base import calendars, carriage, passes, templates
from contracts.base.calendars import CALENDAR_RECORDED, Calendar, Holiday, OpenHours, QuietHours
from contracts.base.carriage import (
    CARRIER_RECORDED,
    EXCHANGE_RATE_RECORDED,
    FUEL_TABLE_RECORDED,
    TARIFF_RECORDED,
    Accessorial,
    AllocationBasis,
    Carrier,
    ExchangeRate,
    FuelTable,
    Lane,
    Tariff,
    WeightBreak,
)
from contracts.base.passes import STAFF_PASS_RECORDED, Right, StaffPass
from contracts.base.templates import TEMPLATE_RECORDED, LetterWording, MailWording, SmsWording, Template, TemplateField, Wording
from contracts.base.v1 import (
    Competitor,
    ComplaintTerms,
    ConsentPurpose,
    Dealer,
    LossReason,
    PaperTerms,
    PlanStep,
    Product,
    ReminderPlan,
    ReminderStep,
    SalesDocument,
    SalesModel,
    ServicePlan,
    Staff,
    Stage,
)
from contracts.contract import Lineage

DEALER_RECORDED = Lineage("dealer.recorded", Dealer, kind="dealer", ref="edition", snapshot=True)
STAFF_RECORDED = Lineage("staff.recorded", Staff, kind="staff", ref="edition", snapshot=True)
PRODUCT_RECORDED = Lineage("product.recorded", Product, kind="product", ref="edition", snapshot=True)
SALES_MODEL_RECORDED = Lineage("sales_model.recorded", SalesModel, kind="sales_model", ref="edition", snapshot=True)
LOSS_REASON_RECORDED = Lineage("loss_reason.recorded", LossReason, kind="loss_reason", ref="edition", snapshot=True)
COMPETITOR_RECORDED = Lineage("competitor.recorded", Competitor, kind="competitor", ref="edition", snapshot=True)
CONSENT_PURPOSE_RECORDED = Lineage("consent_purpose.recorded", ConsentPurpose, kind="consent_purpose", ref="edition", snapshot=True)
SERVICE_PLAN_RECORDED = Lineage("service_plan.recorded", ServicePlan, kind="service_plan", ref="edition", snapshot=True)
PAPER_TERMS_RECORDED = Lineage("paper_terms.recorded", PaperTerms, kind="paper_terms", ref="edition", snapshot=True)
COMPLAINT_TERMS_RECORDED = Lineage("complaint_terms.recorded", ComplaintTerms, kind="complaint_terms", ref="edition", snapshot=True)
REMINDER_PLAN_RECORDED = Lineage("reminder_plan.recorded", ReminderPlan, kind="reminder_plan", ref="edition", snapshot=True)
SALES_DOCUMENT_RECORDED = Lineage("sales_document.recorded", SalesDocument, kind="sales_document", ref="edition", snapshot=True)

LINEAGES = (
    DEALER_RECORDED,
    STAFF_RECORDED,
    *passes.LINEAGES,
    PRODUCT_RECORDED,
    SALES_MODEL_RECORDED,
    LOSS_REASON_RECORDED,
    COMPETITOR_RECORDED,
    *templates.LINEAGES,
    CONSENT_PURPOSE_RECORDED,
    *carriage.LINEAGES,
    SERVICE_PLAN_RECORDED,
    PAPER_TERMS_RECORDED,
    COMPLAINT_TERMS_RECORDED,
    REMINDER_PLAN_RECORDED,
    SALES_DOCUMENT_RECORDED,
    *calendars.LINEAGES,
)

__all__ = [
    "CALENDAR_RECORDED",
    "CARRIER_RECORDED",
    "COMPETITOR_RECORDED",
    "COMPLAINT_TERMS_RECORDED",
    "CONSENT_PURPOSE_RECORDED",
    "DEALER_RECORDED",
    "EXCHANGE_RATE_RECORDED",
    "FUEL_TABLE_RECORDED",
    "LINEAGES",
    "LOSS_REASON_RECORDED",
    "PAPER_TERMS_RECORDED",
    "PRODUCT_RECORDED",
    "REMINDER_PLAN_RECORDED",
    "SALES_DOCUMENT_RECORDED",
    "SALES_MODEL_RECORDED",
    "SERVICE_PLAN_RECORDED",
    "STAFF_PASS_RECORDED",
    "STAFF_RECORDED",
    "TARIFF_RECORDED",
    "TEMPLATE_RECORDED",
    "Accessorial",
    "AllocationBasis",
    "Calendar",
    "Carrier",
    "Competitor",
    "ComplaintTerms",
    "ConsentPurpose",
    "Dealer",
    "ExchangeRate",
    "FuelTable",
    "Holiday",
    "Lane",
    "LetterWording",
    "LossReason",
    "MailWording",
    "OpenHours",
    "PaperTerms",
    "PlanStep",
    "Product",
    "QuietHours",
    "ReminderPlan",
    "ReminderStep",
    "Right",
    "SalesDocument",
    "SalesModel",
    "ServicePlan",
    "SmsWording",
    "Staff",
    "StaffPass",
    "Stage",
    "Tariff",
    "Template",
    "TemplateField",
    "WeightBreak",
    "Wording",
]

"""Templates: what people are told, in each language and by each channel, with places for what differs."""

from contracts.base.templates.v1 import LetterWording, MailWording, SmsWording, Template, TemplateField, Wording
from contracts.contract import Lineage

TEMPLATE_RECORDED = Lineage("template.recorded", Template, kind="template", ref="edition", snapshot=True)

LINEAGES = (TEMPLATE_RECORDED,)

__all__ = [
    "LINEAGES",
    "TEMPLATE_RECORDED",
    "LetterWording",
    "MailWording",
    "SmsWording",
    "Template",
    "TemplateField",
    "Wording",
]

"""Calendars: which days are free, when somebody is there, and when nobody may be disturbed, by country and by dealer."""

from contracts.base.calendars.v1 import WEEK, Calendar, Holiday, OpenHours, QuietHours, Weekday
from contracts.contract import Lineage

CALENDAR_RECORDED = Lineage("calendar.recorded", Calendar, kind="calendar", ref="edition", snapshot=True)

LINEAGES = (CALENDAR_RECORDED,)

__all__ = ["CALENDAR_RECORDED", "LINEAGES", "WEEK", "Calendar", "Holiday", "OpenHours", "QuietHours", "Weekday"]

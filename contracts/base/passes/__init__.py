"""Passes: by what the hub knows who of the staff says something."""

from contracts.base.passes.v1 import Right, StaffPass
from contracts.contract import Lineage

STAFF_PASS_RECORDED = Lineage("staff_pass.recorded", StaffPass, kind="staff_pass", ref="edition", snapshot=True)

LINEAGES = (STAFF_PASS_RECORDED,)

__all__ = ["LINEAGES", "STAFF_PASS_RECORDED", "Right", "StaffPass"]

"""Accounts: how much of each invoice is still to be paid."""

from contracts.accounts.v1 import OpenItemUpdated
from contracts.contract import Lineage

OPEN_ITEM_UPDATED = Lineage("open_item.updated", OpenItemUpdated, kind="open_item", ref="subject")

LINEAGES = (OPEN_ITEM_UPDATED,)

__all__ = ["LINEAGES", "OPEN_ITEM_UPDATED", "OpenItemUpdated"]

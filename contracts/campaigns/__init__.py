"""Campaigns: what the OEM sends to many people, and messages to one."""

from contracts.campaigns.v1 import (
    Audience,
    CampaignApproved,
    CampaignEvent,
    CampaignPaused,
    CampaignPrepared,
    CampaignReleased,
    CampaignResumed,
    CampaignStopped,
    CampaignTested,
    Grantee,
    MessageRequested,
    Nature,
)
from contracts.contract import Lineage

CAMPAIGN_PREPARED = Lineage("campaign.prepared", CampaignPrepared, kind="campaign")
CAMPAIGN_TESTED = Lineage("campaign.tested", CampaignTested, kind="message")
CAMPAIGN_APPROVED = Lineage("campaign.approved", CampaignApproved, kind="campaign")
CAMPAIGN_RELEASED = Lineage("campaign.released", CampaignReleased, kind="campaign")
CAMPAIGN_PAUSED = Lineage("campaign.paused", CampaignPaused, kind="campaign", pressing=True)
CAMPAIGN_RESUMED = Lineage("campaign.resumed", CampaignResumed, kind="campaign")
CAMPAIGN_STOPPED = Lineage("campaign.stopped", CampaignStopped, kind="campaign", pressing=True)
MESSAGE_REQUESTED = Lineage("message.requested", MessageRequested, kind="message")

LINEAGES = (
    CAMPAIGN_PREPARED,
    CAMPAIGN_TESTED,
    CAMPAIGN_APPROVED,
    CAMPAIGN_RELEASED,
    CAMPAIGN_PAUSED,
    CAMPAIGN_RESUMED,
    CAMPAIGN_STOPPED,
    MESSAGE_REQUESTED,
)

__all__ = [
    "CAMPAIGN_APPROVED",
    "CAMPAIGN_PAUSED",
    "CAMPAIGN_PREPARED",
    "CAMPAIGN_RELEASED",
    "CAMPAIGN_RESUMED",
    "CAMPAIGN_STOPPED",
    "CAMPAIGN_TESTED",
    "LINEAGES",
    "MESSAGE_REQUESTED",
    "Audience",
    "CampaignApproved",
    "CampaignEvent",
    "CampaignPaused",
    "CampaignPrepared",
    "CampaignReleased",
    "CampaignResumed",
    "CampaignStopped",
    "CampaignTested",
    "Grantee",
    "MessageRequested",
    "Nature",
]

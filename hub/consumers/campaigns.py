"""Keep campaigns and messages as the OEM decides of them, what people agreed to, which addresses are left alone, and what was reported."""

from contracts import acts, consents, reports, topics
from contracts import campaigns as sayings
from hub.rules import campaigns as campaigning
from hub.rules import consents as agreeing
from hub.rules import delivery_reports as reporting
from hub.rules import messages as telling
from hub.rules import suppressions as suppressing
from hub.state import stores
from hub.stream.consumer import Consumer

campaigns = Consumer(
    "campaigns",
    topics.DEALER_EVENTS,
    topics.OEM_CRM,
    topics.OEM_CAMPAIGNS,
    topics.REPORTS,
    topics.ACTS,
    topics.TIMERS,
    using=("consent_purpose", "staff_pass"),
)

campaigns.fold(
    stores.consents,
    {
        consents.CONSENT_GIVEN: agreeing.given,
        consents.CONSENT_WITHDRAWN: agreeing.withdrawn,
        acts.CONSENT_RECORDED: agreeing.recorded,
        reports.RECIPIENT_UNSUBSCRIBED: agreeing.unsubscribed,
    },
    concerns={
        consents.CONSENT_GIVEN: agreeing.given_for,
        consents.CONSENT_WITHDRAWN: agreeing.withdrawn_for,
        acts.CONSENT_RECORDED: agreeing.recorded_for,
        reports.RECIPIENT_UNSUBSCRIBED: agreeing.unsubscribed_for,
    },
    tell=(topics.DEALER_FEED, consents.CONSENT_UPDATED, agreeing.told, agreeing.whose),
)
campaigns.fold(
    stores.suppressions,
    {
        reports.ADDRESS_BOUNCED: suppressing.bounced,
        reports.RECIPIENT_OPTED_OUT: suppressing.opted_out,
        reports.RECIPIENT_OPTED_IN: suppressing.opted_in,
        reports.RECIPIENT_COMPLAINED: suppressing.complained,
        reports.RECIPIENT_UNSUBSCRIBED: suppressing.unsubscribed,
        acts.SUPPRESSION_ADDED: suppressing.added,
        acts.SUPPRESSION_RELEASED: suppressing.released,
    },
    concerns={
        reports.ADDRESS_BOUNCED: suppressing.address_of,
        reports.RECIPIENT_OPTED_OUT: suppressing.address_of,
        reports.RECIPIENT_OPTED_IN: suppressing.address_of,
        reports.RECIPIENT_COMPLAINED: suppressing.address_of,
        reports.RECIPIENT_UNSUBSCRIBED: suppressing.letters_of,
        acts.SUPPRESSION_ADDED: suppressing.address_of,
        acts.SUPPRESSION_RELEASED: suppressing.meant_by,
    },
)
campaigns.fold(
    stores.delivery_reports,
    {
        reports.DELIVERY_REPORTED: reporting.reported,
        reports.ADDRESS_BOUNCED: reporting.bounced,
        reports.RECIPIENT_COMPLAINED: reporting.complained,
    },
    concerns={
        reports.DELIVERY_REPORTED: reporting.delivery_of,
        reports.ADDRESS_BOUNCED: reporting.delivery_of,
        reports.RECIPIENT_COMPLAINED: reporting.delivery_of,
    },
)
campaigns.fold(
    stores.campaigns,
    {
        sayings.CAMPAIGN_PREPARED: campaigning.prepared,
        sayings.CAMPAIGN_APPROVED: campaigning.approved,
        sayings.CAMPAIGN_RELEASED: campaigning.released,
        sayings.CAMPAIGN_PAUSED: campaigning.paused,
        sayings.CAMPAIGN_RESUMED: campaigning.resumed,
        sayings.CAMPAIGN_STOPPED: campaigning.stopped,
    },
)
campaigns.fold(
    stores.messages,
    {sayings.MESSAGE_REQUESTED: telling.requested, sayings.CAMPAIGN_TESTED: telling.tested},
    notices=telling.notices,
)

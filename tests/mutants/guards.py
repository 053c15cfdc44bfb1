"""The guards that nothing may be lost or doubled without: what takes each out, and the test that must notice."""

from typing import NamedTuple


class Edit(NamedTuple):
    """Words that stand once in a module, and what they become."""

    module: str
    was: str
    becomes: str


class Guard(NamedTuple):
    """One guard; `without` says what the hub does once the edit has taken it out, `noticed_by` is a test's id."""

    name: str
    without: str
    edit: Edit
    noticed_by: str


_FENCING, _DUPLICATES = "tests/integration/test_engine_fencing.py", "tests/integration/test_engine_duplicates.py"
_REPEATED, _TIMERS = "tests/integration/test_engine_repeated.py", "tests/integration/test_engine_timers.py"
_CLAIMS, _LEASE = "tests/integration/test_claims.py", "tests/integration/test_courier_lease.py"

GUARDS = (
    Guard(
        "fencing",
        "writes on after another has claimed its partition",
        Edit("hub.stream.batch", "if found is None or found.epoch != self.epochs.get(partition):", "if found is None:"),
        f"{_FENCING}::test_an_owner_whose_partition_was_claimed_is_refused_and_leaves_nothing_behind",
    ),
    Guard(
        "campaign-standing",
        "sends what a campaign planned before it was stopped",
        Edit(
            "hub.channels.claim", "hold, stop = _standing(due.campaign, halted, pulled)", "hold, stop = _standing(due.campaign, {}, pulled)"
        ),
        "tests/integration/test_campaign_out.py::test_stopped_in_the_middle_what_was_planned_is_cancelled",
    ),
    Guard(
        "second-person",
        "lets who prepared a campaign approve it",
        Edit("hub.rules.campaigns", "(not same_person(event.who, state.prepared_by), ", "(event.who != state.title, "),
        "tests/unit/test_campaign_rules.py::test_who_prepared_it_cannot_approve_it",
    ),
    Guard(
        "signature",
        "takes for somebody's word what they did not sign",
        Edit("hub.rules.passes", "(_is_signed(_words(event), found.key, event.signature), ", "(True, "),
        "tests/unit/test_passes.py::test_what_the_holder_did_not_say_is_refused",
    ),
    Guard(
        "chunk-and-progress",
        "notes how far a campaign is expanded beside the deliveries, not with them",
        Edit("hub.producers.planner", "async with connection.transaction():", "if connection:"),
        "tests/integration/test_planner.py::test_cut_off_in_a_chunk_it_goes_on_after_the_last_whole_one",
    ),
    Guard(
        "offset-check",
        "passes over records that are missing",
        Edit("hub.stream.batch", "if first > start and gap != first:", "if first > start and gap == first:"),
        f"{_FENCING}::test_a_gap_is_noticed_and_once_fetched_again_counted_as_holes",
    ),
    Guard(
        "redelivery-check",
        "takes records below the offset once more",
        Edit("hub.stream.batch", "if record.raw.offset >= start]", "]"),
        f"{_FENCING}::test_offsets_that_were_folded_already_are_dropped",
    ),
    Guard(
        "journal-uniqueness",
        "journals an event of an earlier batch again, and folds it",
        Edit(
            "hub.state.journal",
            "SELECT n.event, n.part, $2,",
            "SELECT n.event, n.part + (SELECT count(*) FROM journal j WHERE j.event = n.event), $2,",
        ),
        f"{_DUPLICATES}::test_a_record_told_again_in_a_later_batch_counts_once",
    ),
    Guard(
        "in-batch-dedupe",
        "takes each telling within a batch for the first",
        Edit(
            "hub.stream.sorting",
            "            case Good():\n",
            "            case Good():\n                record = record._replace(event=UUID(int=record.event.int + order))\n",
        ),
        f"{_DUPLICATES}::test_a_record_told_twice_in_a_batch_counts_once",
    ),
    Guard(
        "recognised-content",
        "takes whatever comes under a known id for a repetition, where it recognises them",
        Edit("hub.state.recognition", " AND t.fingerprint = m.fingerprint", ""),
        f"{_REPEATED}::test_an_id_used_again_is_found_where_repetitions_are_recognised",
    ),
    Guard(
        "recognised-key",
        "takes what comes again under another key for a repetition, where it recognises them",
        Edit("hub.stream.record", "found[1] == key and data.find", "data.find"),
        f"{_REPEATED}::test_under_another_key_nothing_is_recognised",
    ),
    Guard(
        "row-version",
        "saves over what another has saved since it was loaded",
        Edit("hub.state.store", "WHERE t.row_version = n.row_version - 1 AND t.principal", "WHERE t.principal"),
        f"{_FENCING}::test_a_row_that_took_the_place_of_the_loaded_one_is_not_taken_for_it",
    ),
    Guard(
        "row-place",
        "saves over whatever another has saved since it was loaded, unless it counts versions",
        Edit(
            "hub.state.store",
            "WHERE t.row_version = n.row_version - 1 AND t.principal = n.principal AND t.ref = n.ref AND t.ctid = n.row_place::tid",
            "WHERE t.principal = n.principal AND t.ref = n.ref",
        ),
        f"{_FENCING}::test_a_state_that_another_has_saved_since_it_was_loaded_is_folded_again",
    ),
    Guard(
        "swift-edition",
        "writes at the end for a partition that somebody else has claimed, or moved on, since it looked",
        Edit("hub.state.offsets", " AND o.xmin::text = n.edition", ""),
        f"{_FENCING}::test_a_partition_that_is_claimed_between_look_and_writing_is_refused",
    ),
    Guard(
        "relay-lock",
        "relays beside another relay",
        Edit("hub.state.outbox", "return bool(await connection.fetchval(", "return True or bool(await connection.fetchval("),
        "tests/integration/test_relay_lock.py::test_of_two_relays_only_one_sends",
    ),
    Guard(
        "timer-name",
        "says a timer under another name each time",
        Edit("hub.producers.firing", "version5(_NAMES, ", "version5(__import__('os').urandom(16), "),
        f"{_TIMERS}::test_two_clocks_fire_once",
    ),
    Guard(
        "timer-moment",
        "lets go of a timer that was set anew since it was said",
        Edit("hub.state.timers", " AND t.due_at = f.due_at", ""),
        f"{_TIMERS}::test_a_timer_of_a_state_that_has_moved_on_is_kept_as_pointless",
    ),
    Guard(
        "principal-check",
        "lets a partner speak for another",
        Edit("hub.stream.record", "if claimed != principal:", "if claimed != principal and not claimed:"),
        "tests/unit/test_principal.py::test_who_speaks_for_another_is_refused",
    ),
    Guard(
        "brake",
        "pours a poisoned topic into the dead letters",
        Edit("hub.stream.brake", "if self._row[where] == self._most:", "if self._row[where] < 0:"),
        "tests/unit/test_brake.py::test_so_many_dead_letters_in_a_row_stop_their_partition",
    ),
    Guard(
        "claim-state",
        "claims what was sent, or is in another's hands",
        Edit("hub.state.claims", "WHERE state IN ('planned', 'pending') AND {channel}", "WHERE {channel}"),
        f"{_CLAIMS}::test_a_claim_passes_over_what_was_sent_and_what_another_has_in_hand",
    ),
    Guard(
        "lease",
        "begins to send although its lease has expired",
        Edit("hub.state.outcomes", " AND leased_until >= $3::timestamptz + $4\n", " AND ($3::timestamptz, $4::interval) IS NOT NULL\n"),
        f"{_LEASE}::test_past_its_lease_by_the_clock_of_the_database_nothing_is_begun",
    ),
    Guard(
        "lease-at-the-door",
        "sends when it wakes up, however long it slept",
        Edit("hub.channels.flight", "if monotonic() <= latest else None", "if latest else None"),
        f"{_LEASE}::test_whoever_wakes_up_between_the_look_and_the_send_does_not_send",
    ),
    Guard(
        "lease-in-the-session",
        "says a message to its server although the time for it is over",
        Edit("hub.channels.mail.session", "if monotonic() > envelope.until:", "if not envelope.until:"),
        "tests/integration/test_mail_pipelining.py::test_a_message_whose_time_is_over_is_not_said_any_more",
    ),
    Guard(
        "claim-token",
        "begins what another has claimed since",
        Edit("hub.state.outcomes", "AND token = $2 AND state", "AND $2::uuid IS NOT NULL AND state"),
        f"{_LEASE}::test_a_claim_that_another_took_over_is_begun_by_that_one_only",
    ),
    Guard(
        "frequency-cap-lock",
        "counts what goes to a person while another claim does",
        Edit("hub.channels.claim", "        await claims.lock_persons(connection, persons, now)\n", ""),
        f"{_CLAIMS}::test_two_claims_at_the_same_moment_do_not_get_past_the_cap_together",
    ),
    Guard(
        "send-window-lock",
        "lets start what a limit has no room for, beside another courier",
        Edit("hub.state.send_windows", " ORDER BY scope FOR UPDATE", " ORDER BY scope"),
        f"{_LEASE}::test_a_window_is_asked_by_one_courier_after_the_other",
    ),
    Guard(
        "pressing",
        "lets a no wait behind somebody's dead letter",
        Edit("hub.stream.settling", "            or good.lineage.pressing\n", ""),
        "tests/integration/test_engine_consents.py::test_a_dealer_cannot_speak_for_another_and_a_no_waits_behind_no_dead_letter",
    ),
    Guard(
        "legal-block",
        "sends recalls where the law forbids it",
        Edit("hub.rules.permission", "if is_marketing else _BARS", "if is_marketing else ()"),
        "tests/unit/test_permission.py::test_a_legal_block_is_never_passed",
    ),
    Guard(
        "report-rank",
        "moves a delivery back when an older report comes late",
        Edit("hub.rules.delivery_reports", "if _RANKS[fresh.status] <= _RANKS[state.status]:", "if fresh.status == state.status:"),
        "tests/unit/test_consent_rules.py::test_callbacks_out_of_order_and_doubled_never_move_a_delivery_back",
    ),
    Guard(
        "mail-signature",
        "believes a bounce that names a mail of ours by what anybody can work out",
        Edit("hub.rules.links", "return delivery if any(matches) else None", "return delivery"),
        "tests/integration/test_door_strangers.py::test_a_bounce_that_names_no_mail_of_ours_keeps_nobody_from_getting_mail",
    ),
    Guard(
        "bounce-of-ours",
        "keeps whomever a stranger names in a bounce from getting mail",
        Edit(
            "hub.door.bounces",
            'address_key("email", address)\n    report =',
            'address_key("email", reports[0].recipient or "")\n    report =',
        ),
        "tests/integration/test_door_strangers.py::test_a_bounce_of_our_mail_is_about_the_address_that_it_went_to_whatever_it_names",
    ),
    Guard(
        "document-validity",
        "gives out a price list that is over",
        Edit("hub.door.documents", "found.valid_until < today", "found.valid_until.year < 0"),
        "tests/integration/test_door_documents.py::test_it_gives_the_document_to_the_last_day_of_its_validity_and_no_longer",
    ),
    Guard(
        "document-signature",
        "gives a document to whoever guesses a delivery's id",
        Edit("hub.rules.links", "return what if any(matches) and", "return what if True or any(matches) and"),
        "tests/unit/test_door_parts.py::test_a_link_to_a_document_opens_that_one_only_and_ends_nothing",
    ),
    Guard(
        "definitions-refused",
        "reads entities that a lead's document defines",
        Edit(
            "hub.intake.markup",
            "parser.StartDoctypeDeclHandler = building.doctype\n    parser.EntityDeclHandler = building.entity",
            "parser.StartDoctypeDeclHandler = None\n    parser.EntityDeclHandler = None",
        ),
        "tests/unit/test_adf.py::test_what_is_hostile_or_no_document_is_refused_with_its_place",
    ),
    Guard(
        "provider-signature",
        "believes whoever calls back",
        Edit("hub.door.signatures", "return hmac.compare_digest(", "return True or hmac.compare_digest("),
        "tests/unit/test_door_parts.py::test_no_empty_or_wrong_signature_is_genuine",
    ),
    Guard(
        "ledger-difference",
        "posts what a state asks for once more with each change",
        Edit("hub.stream.posting", "missing(posted.get(subject, {}), due)", "missing({}, due)"),
        "tests/integration/test_freight.py::test_late_news_add_entries_and_change_none",
    ),
    Guard(
        "shipment-forward",
        "lets late news move a shipment back",
        Edit("hub.rules.shipments", "return RANK[status] >= RANK[reached]", "return True"),
        "tests/unit/test_shipments.py::test_what_was_reached_is_never_taken_back",
    ),
    Guard(
        "last-cent",
        "loses what is left when an amount is shared out",
        Edit("hub.rules.rounding", "by_loss[: amount - sum(parts)]", "by_loss[:0]"),
        "tests/unit/test_tariffs.py::test_shares_add_up_to_the_last_cent_and_none_is_a_cent_off",
    ),
    Guard(
        "unsure-mail",
        "sends a mail again when the line was lost after its last dot",
        Edit("hub.channels.mail.session", "return Unsure(", "return TryLater("),
        "tests/faults/test_mail_refused_or_cut.py::test_each_fault_has_its_receipt_and_the_server_at_most_one_copy",
    ),
    Guard(
        "unsure-sms",
        "sends a text again when its request was written and nobody answered",
        Edit("hub.channels.sms.twilio", "if exchange.is_written else", "if False else"),
        "tests/faults/test_sms_refused_or_unanswered.py::test_each_fault_has_its_receipt_and_the_provider_at_most_one_copy",
    ),
    Guard(
        "dot-stuffing",
        "lets a message end itself, and begin another",
        Edit("hub.channels.mail.data", '.replace("\\r\\n.", "\\r\\n..")', ""),
        "tests/integration/test_mail_channel.py::test_a_message_cannot_end_itself",
    ),
    Guard(
        "header-guard",
        "puts into a header what some reader takes for another",
        Edit("hub.channels.wording.headers", "if _FORBIDDEN.search(text):", "if False:"),
        "tests/unit/test_wording.py::test_harmful_text_is_refused_by_its_field",
    ),
    Guard(
        "html-escaping",
        "lets a name be markup",
        Edit("hub.channels.wording.mail", "escape(text)", "text"),
        "tests/unit/test_wording.py::test_odd_text_is_read_as_it_was_written_and_nothing_else_comes_of_it",
    ),
    Guard(
        "coming-back",
        "lets an operator bring back what another lane is correcting",
        Edit("hub.state.meeting", "await connection.execute(_COMING_BACK, consumer, events)", "await connection.execute('SELECT 1')"),
        "tests/integration/test_engine_order.py::test_a_correction_and_its_target_that_an_operator_lets_count_see_each_other",
    ),
    Guard(
        "correcting",
        "lets a lane correct what an operator is bringing back",
        Edit("hub.state.meeting", "return await connection.fetchval(_CORRECTING, consumer, corrections) is not False", "return True"),
        "tests/integration/test_engine_order.py::test_a_correction_and_its_target_that_an_operator_lets_count_see_each_other",
    ),
)

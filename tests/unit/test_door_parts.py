"""The door's parts by themselves: links, signatures, forms, limits, and verdicts on dealers' events."""

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from uuid import UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from contracts import envelope as cloudevents
from contracts.consents import CONSENT_GIVEN
from contracts.reports import ADDRESS_BOUNCED, DELIVERY_REPORTED, RECIPIENT_OPTED_IN, RECIPIENT_OPTED_OUT
from hub.consumers import CONSUMERS
from hub.door import reports
from hub.door.errors import Denied
from hub.door.intake import BATCH, _batch
from hub.door.judging import Judge, Verdict, of_http
from hub.door.limits import Limits
from hub.door.signatures import is_genuine, sign
from hub.rules.links import Links, delivery_of, delivery_of_mail, document_of, token
from tests.support.engine import NOON

DELIVERY = UUID("0b9cb9f2-7d0e-5b3c-9a53-6b4f8c3f2a10")
SID = "SM" + "0123456789abcdef" * 2
URL = "https://hub.example/reports/sms?delivery=1"
FORMS = st.lists(st.tuples(st.text(max_size=8), st.text(max_size=8)), max_size=6)


@given(st.uuids(), st.binary(min_size=1, max_size=40), st.binary(min_size=1, max_size=40))
def test_a_link_opens_for_its_delivery_under_each_of_our_secrets_and_no_other(delivery: UUID, secret: bytes, other: bytes) -> None:
    made = Links("https://hub.example", secret).unsubscribe(delivery).rpartition("/")[2]
    assert delivery_of(made, [other, secret]) == delivery
    assert delivery_of(made, []) is None
    if other != secret:
        assert delivery_of(made, [other]) is None


@given(st.text(max_size=60))
def test_no_other_text_is_a_link(text: str) -> None:
    made = token(DELIVERY, b"secret")
    assert (delivery_of(text, [b"secret"]) == DELIVERY) == (text == made)


@given(st.integers(0, 42), st.sampled_from("ABCxyz019-_=~"))
def test_a_link_that_was_changed_is_none(place: int, sign_in_it: str) -> None:
    made = token(DELIVERY, b"secret")
    changed = made[:place] + sign_in_it + made[place + 1 :]
    assert changed == made or delivery_of(changed, [b"secret"]) is None


@given(st.uuids(), st.uuids(), st.binary(min_size=1, max_size=40), st.text(max_size=60))
def test_a_mail_is_known_by_a_name_that_only_we_can_give_it(delivery: UUID, other: UUID, secret: bytes, text: str) -> None:
    made = Links("https://hub.example", secret).mail(delivery)
    assert (delivery_of_mail(made, [b"newer", secret]), delivery_of_mail(made, [b"newer"])) == (delivery, None)
    for forged in (str(delivery), f"{delivery}-{'0' * 16}", made.replace(str(delivery), str(other)) if other != delivery else "", text):
        assert delivery_of_mail(forged, [secret]) is None


def test_where_there_is_no_secret_a_mail_is_named_as_its_delivery() -> None:
    assert delivery_of_mail(str(DELIVERY), []) == DELIVERY


@given(st.uuids(), st.integers(0, 99), st.text(max_size=60))
def test_a_link_to_a_document_opens_that_one_only_and_ends_nothing(delivery: UUID, place: int, text: str) -> None:
    made = Links("https://hub.example", b"secret").document(delivery, place).rpartition("/")[2]
    assert document_of(made, [b"newer", b"secret"]) == (delivery, place)
    assert (document_of(made, [b"newer"]), document_of(made, []), delivery_of(made, [b"secret"])) == (None, None, None)
    assert document_of(token(delivery, b"secret"), [b"secret"]) is None
    assert document_of(text, [b"secret"]) is None
    changed = made[:20] + ("A" if made[20] != "A" else "B") + made[21:]
    assert document_of(changed, [b"secret"]) is None


@given(form=FORMS, secret=st.text("abc123", min_size=1))
def test_a_signature_is_as_the_providers_own_library_makes_it(form: list[tuple[str, str]], secret: str) -> None:
    fields = dict(form)
    theirs = RequestValidator(secret).compute_signature(URL, fields)
    assert sign(secret, URL, list(fields.items())) == theirs
    assert is_genuine(secret, URL, list(fields.items()), theirs)


@pytest.mark.parametrize("signature", [None, "", "x", "ä", "\udcff", sign("other", URL, [("a", "b")]), sign("s", URL + "x", [("a", "b")])])
def test_no_empty_or_wrong_signature_is_genuine(signature: str | None) -> None:
    assert not is_genuine("s", URL, [("a", "b")], signature)
    assert not is_genuine("", URL, [("a", "b")], sign("", URL, [("a", "b")]))


def test_a_caller_is_bounded_and_nobody_else_with_it() -> None:
    now = [0.0]
    limits = Limits(2, 4, clock=lambda: now[0])
    assert [limits.wait("a") for _ in range(4)] == [0.0] * 4
    assert limits.wait("a") == 0.5
    assert limits.wait("b") == 0.0
    now[0] = 0.5
    assert limits.wait("a") == 0.0
    assert limits.wait("a") > 0


def test_a_heavy_request_counts_as_several_and_is_let_through_all_the_same() -> None:
    now = [0.0]
    limits = Limits(2, 4, clock=lambda: now[0])
    assert limits.wait("a", 3) == 0.0
    assert limits.wait("a", 3) == 1.0
    assert limits.wait("a", 0.1) == 0.0
    assert limits.wait("b", 1_000) == 0.0
    assert limits.wait("b") == 0.5


def heard(**form: str) -> list[tuple[str, Mapping[str, Any]]]:
    return [(one.lineage.name, one.fields) for one in reports.sms_status(DELIVERY, {"MessageSid": SID, "To": "+493023125001", **form})]


def test_a_status_is_one_report_and_a_number_that_is_none_or_said_stop_two() -> None:
    assert [name for name, _ in heard(MessageStatus="delivered")] == [DELIVERY_REPORTED.name]
    ((_, failed), (name, bounced)) = heard(MessageStatus="undelivered", ErrorCode="30005")
    assert (failed["status"], failed["cause"], failed["code"]) == ("failed", "unknown_address", "30005")
    assert (name, bounced["is_permanent"], bounced["hint"]) == (ADDRESS_BOUNCED.name, True, "…5001")
    (_, (name, _)) = heard(MessageStatus="failed", ErrorCode="21610")
    assert name == RECIPIENT_OPTED_OUT.name
    assert [fields["cause"] for _, fields in heard(MessageStatus="undelivered", ErrorCode="30003")] == ["unreachable"]


@pytest.mark.parametrize(
    ("form", "path"),
    [({"MessageStatus": "exploded"}, "MessageStatus"), ({"MessageSid": "a b"}, "MessageSid"), ({"ErrorCode": "x"}, "ErrorCode")],
)
def test_a_form_that_breaks_the_contract_is_refused_with_its_field(form: dict[str, str], path: str) -> None:
    with pytest.raises(Denied) as denied:
        heard(**{"MessageStatus": "sent", **form})
    assert [fault.path for fault in denied.value.faults] == [path]


@pytest.mark.parametrize(("kind", "told"), [("STOP", RECIPIENT_OPTED_OUT), ("start", RECIPIENT_OPTED_IN), ("HELP", None), ("", None)])
def test_only_what_the_provider_took_for_stop_or_start_counts(kind: str, told: Any) -> None:
    form = {"MessageSid": SID, "From": "+493023125001", "Body": "STOP", "OptOutType": kind}
    assert [one.lineage for one in reports.sms_inbound(form)] == ([told] if told else [])


@given(st.dictionaries(st.sampled_from(["MessageSid", "MessageStatus", "ErrorCode", "To", "From", "OptOutType"]), st.text(max_size=30)))
def test_whatever_a_form_holds_it_is_reports_that_keep_their_contract_or_it_is_refused(form: dict[str, str]) -> None:
    for read in (lambda: reports.sms_status(DELIVERY, form), lambda: reports.sms_inbound(form)):
        with suppress(Denied):
            for one in read():
                one.lineage.body(occurred_at=NOON, **one.fields)


BODY = {
    "occurred_at": NOON.isoformat(),
    "person": "C-1",
    "channels": ["email"],
    "purposes": ["news"],
    "proof": {"where": "web"},
}
JUDGE = Judge(CONSUMERS.values(), 100_000)


def judged(body: Any = BODY, *, source: str = "/dealers/ber-01", wire: str = CONSENT_GIVEN.wire, **headers: str) -> Verdict:
    ours = {"ce-specversion": "1.0", "ce-id": "e1", "ce-source": source, "ce-type": wire, "content-type": "application/json"}
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    return JUDGE.judge("ber-01", *of_http((ours | told).items(), json.dumps(body).encode()), NOON)


def test_a_good_event_is_taken_by_those_who_fold_it_under_its_subjects_key() -> None:
    verdict = judged()
    assert (verdict.reason, verdict.consumers, verdict.event) == (None, ("campaigns",), "e1")
    assert (verdict.record.topic, verdict.record.key) == ("dealer.ber-01.events", b"C-1")
    assert cloudevents.read(verdict.record.headers, verdict.record.value)[0].source == "/dealers/ber-01"


def test_structured_mode_says_the_same() -> None:
    event = {"specversion": "1.0", "id": "e1", "source": "/dealers/ber-01", "type": CONSENT_GIVEN.wire, "data": BODY}
    raw = json.dumps(event).encode()
    verdict = JUDGE.judge("ber-01", *of_http([("content-type", "application/cloudevents+json; charset=utf-8")], raw), NOON)
    assert (verdict.consumers, verdict.record.key, verdict.record.value) == (("campaigns",), b"C-1", raw)
    assert JUDGE.judge("ber-01", *_batch(b"[" + raw + b"]")[0], NOON).consumers == ("campaigns",)


@pytest.mark.parametrize(
    ("how", "reason", "path"),
    [
        ({"source": "/dealers/mun-02"}, "principal_mismatch", "source"),
        ({"ce_partitionkey": "C-2"}, "key_mismatch", "person"),
        ({"body": {**BODY, "channels": []}}, "schema", "channels"),
        ({"body": {**BODY, "occurred_at": "2199-01-01T00:00:00Z"}}, "from_the_future", "occurred_at"),
        ({"wire": "hub.recall.announced.v1"}, "unknown_type", "type"),
        ({"wire": "hub.dealer.recorded.v1", "body": {"occurred_at": NOON.isoformat(), "id": "x", "name": "y"}}, "wrong_topic", "type"),
        ({"ce_id": ""}, "envelope", "id"),
        ({"content_type": "text/plain"}, "envelope", "datacontenttype"),
        ({"body": {**BODY, "person": "x" * 200_000}}, "schema", "person"),
    ],
)
def test_a_bad_event_is_refused_with_the_fields_path(how: dict[str, Any], reason: str, path: str) -> None:
    verdict = judged(**how)
    assert verdict.reason == reason
    assert [fault.path for fault in verdict.faults] == [path]


def test_an_event_of_a_newer_version_is_taken_and_waits() -> None:
    verdict = judged(wire="hub.consent.given.v9", ce_subject="C-1")
    assert (verdict.reason, verdict.is_newer, verdict.record.key) == (None, True, b"C-1")
    assert judged(wire="hub.consent.given.v9").reason == "envelope"  # nobody could tell its key


@pytest.mark.parametrize("raw", [b"", b"{}", b"[]", b"[" * 100_000, b"\xff", b"[" + b"1," * 600 + b"1]", b'{"a": 1, "a": 2}'])
def test_what_is_no_batch_is_refused(raw: bytes) -> None:
    with pytest.raises(Denied):
        _batch(raw)
    assert BATCH.endswith("+json")


def test_the_same_report_has_the_same_name() -> None:
    (one,), (again,) = (reports.sms_status(DELIVERY, {"MessageSid": SID, "MessageStatus": "sent"}) for _ in range(2))
    assert one.name == again.name
    (other,) = reports.sms_status(uuid5(DELIVERY, "other"), {"MessageSid": SID, "MessageStatus": "sent"})
    assert other.name != one.name

"""What comes back says whose mail it was, why, and whether another would fare better."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.values import Cause
from hub.channels.mail.bounce_words import cause_by_words
from hub.channels.mail.bounces import MailReport, read_reports

DOMAIN, DELIVERY = "hub.test", "7a4ec2a4-31df-5eb1-8966-11a956a425eb"


def dsn(action: str, status: str, diagnostic: str = "", prose: str = "It could not be delivered.", extra: str = "") -> bytes:
    return (
        "From: MAILER-DAEMON@mx.test\r\nTo: bounces@hub.test\r\nSubject: Undelivered\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        f"--b\r\nContent-Type: text/plain\r\n\r\n{prose}\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.test\r\n"
        f"{extra}\r\nFinal-Recipient: rfc822; anna@example.test\r\nAction: {action}\r\nStatus: {status}\r\n"
        f"{f'Diagnostic-Code: smtp; {diagnostic}' if diagnostic else 'X-Empty: yes'}\r\n\r\n"
        '--b\r\nContent-Type: text/rfc822-headers\r\n\r\nFrom: "The hub" <news@hub.test>\r\n'
        f"Message-ID: <{DELIVERY}@hub.test>\r\nSubject: Hello\r\n\r\n--b--\r\n"
    ).encode()


@pytest.mark.parametrize(
    ("status", "diagnostic", "cause", "is_permanent"),
    [
        ("5.1.1", "550 5.1.1 <anna@example.test>: user unknown", "unknown_address", True),
        ("5.1.10", "556 5.1.10 null MX", "unknown_address", True),
        ("5.2.1", "550 5.2.1 mailbox disabled", "unknown_address", True),
        ("5.2.2", "552 5.2.2 over quota", "mailbox_full", False),
        ("5.0.0", "550 mailbox is full", "mailbox_full", False),
        ("5.7.1", "550 5.7.1 listed on our blocklist", "sender_side", False),
        ("5.7.1", "550 5.7.1 no such user here", "unknown_address", True),
        ("5.7.1", "550 5.7.1 message looks like spam", "policy", False),
        ("5.7.26", "550 5.7.26 DMARC", "sender_side", False),
        ("5.3.4", "552 5.3.4 message too big", "too_large", False),
        ("4.4.7", "delivery time expired", "unreachable", False),
        ("4.4.1", "", "unreachable", False),
        ("5.0.0", "550 5.1.1 no", "unknown_address", True),
        ("", "550 unknown user", "unknown_address", True),
        ("5.9.9", "", "other", True),
    ],
)
def test_a_report_says_why(status: str, diagnostic: str, cause: Cause, is_permanent: bool) -> None:
    (found,) = read_reports(dsn("failed", status, diagnostic), DOMAIN)
    assert (found.kind, found.recipient, found.names) == ("failed", "anna@example.test", (DELIVERY,))
    assert (found.cause, found.is_permanent) == (cause, is_permanent)


def test_what_is_still_tried_has_not_failed() -> None:
    (found,) = read_reports(dsn("delayed", "4.4.1"), DOMAIN)
    assert (found.kind, found.is_permanent) == ("delayed", False)


@pytest.mark.parametrize("action", ["delivered", "relayed", "expanded", ""])
def test_good_news_is_no_bounce(action: str) -> None:
    assert read_reports(dsn(action, "2.0.0"), DOMAIN) == ()


SIGNED = f"{DELIVERY}-0123456789abcdef"


@pytest.mark.parametrize(
    ("envelope", "quoted", "names"),
    [
        (SIGNED, "", (SIGNED,)),
        ("QQ314159", SIGNED, (SIGNED,)),
        (SIGNED, DELIVERY, (SIGNED, DELIVERY)),
        (DELIVERY.upper(), DELIVERY, (DELIVERY,)),
        ("d-7", "news", ()),
    ],
    ids=["no message quoted", "a relay's own envelope", "two names", "twice the same", "none of ours"],
)
def test_whatever_may_be_the_name_of_our_mail_is_found(envelope: str, quoted: str, names: tuple[str, ...]) -> None:
    raw = dsn("failed", "5.1.1", extra=f"Original-Envelope-Id: {envelope}\r\n").replace(f"<{DELIVERY}@".encode(), f"<{quoted}@".encode())
    assert [report.names for report in read_reports(raw, DOMAIN)] == [names]


def test_a_message_of_somebody_else_is_no_mail_of_ours() -> None:
    assert [report.names for report in read_reports(dsn("failed", "5.1.1"), "other.test")] == [()]


def test_a_complaint_is_read() -> None:
    raw = (
        b'From: fbl@isp.test\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=feedback-report; boundary="b"\r\n\r\n'
        b"--b\r\nContent-Type: text/plain\r\n\r\nA complaint.\r\n--b\r\nContent-Type: message/feedback-report\r\n\r\n"
        b"Feedback-Type: abuse\r\nOriginal-Rcpt-To: <anna@example.test>\r\n\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\n"
        b'From: "The hub" <news@hub.test>\r\nMessage-ID: <' + DELIVERY.encode() + b"@hub.test>\r\n\r\n--b--\r\n"
    )
    assert read_reports(raw, DOMAIN) == (MailReport("complained", "anna@example.test", "complaint", is_permanent=True, names=(DELIVERY,)),)


@pytest.mark.parametrize(
    "raw",
    [
        b"From: Anna <anna@example.test>\r\nSubject: Re: offer\r\n\r\nThis user is unknown to me. <x@y.test>:\r\n",
        b"From: Anna <anna@example.test>\r\nAuto-Submitted: auto-replied\r\nSubject: Out of office\r\n\r\nI am away, permanently.\r\n",
        b"From: postmaster@y.test\r\nAuto-Submitted: auto-replied\r\nSubject: Away\r\n\r\nundeliverable\r\n",
        b"From: postmaster@y.test\r\nSubject: Newsletter\r\n\r\nHello\r\n",
        b"",
        b"\xff\xfe\x00",
        b"Content-Type: multipart/report; boundary=b\r\n\r\n" + b"--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" * 500,
        b"Content-Type: message/delivery-status; charset=nonsense\r\n\r\n\xff\r\n",
    ],
)
def test_what_is_no_report_is_none(raw: bytes) -> None:
    assert read_reports(raw, DOMAIN) == ()


@settings(max_examples=50)
@given(st.binary(max_size=300), st.integers(0, 600))
def test_whatever_stands_in_a_report_it_is_read_or_passed_over(junk: bytes, at: int) -> None:
    raw = dsn("failed", "5.1.1")
    assert isinstance(read_reports(raw[:at] + junk + raw[at:], DOMAIN), tuple)


def samples() -> Path:
    folder = os.environ.get("HUB_SAMPLES")
    if not folder:
        pytest.skip("HUB_SAMPLES is not set: bounces of real servers are not read")
    return Path(folder) / "bounces"


def test_bounces_of_real_servers_are_read() -> None:
    oracle: dict[str, dict[str, Any]] = json.loads((samples() / "ORACLE_flufl.json").read_text())
    wrong = []
    for name, wanted in oracle.items():
        found = read_reports((samples() / name).read_bytes(), DOMAIN)
        named = {report.recipient.lower() for report in found if report.recipient}
        if not found or not named <= {address.lower() for address in wanted["addresses"]}:
            wrong.append(f"{name}: {found}")
        if wanted["temporary"] and any(report.kind != "delayed" or report.is_permanent for report in found):
            wrong.append(f"{name}: {found} is for now only")
    assert not wrong, "\n".join(wrong)
    whole = sum(
        {r.recipient.lower() for r in read_reports((samples() / name).read_bytes(), DOMAIN) if r.recipient}
        == {address.lower() for address in wanted["addresses"]}
        for name, wanted in oracle.items()
    )
    assert whole >= len(oracle) - 1  # one names its recipient without a domain


@pytest.mark.parametrize(("text", "cause"), [("Mail box space not enough", "mailbox_full"), ("nothing of note", None), ("", None)])
def test_words_say_why(text: str, cause: Cause | None) -> None:
    assert cause_by_words(text) == cause


def nested(depth: int) -> bytes:
    return "".join(f'Content-Type: multipart/mixed; boundary="b{n}"\n\n--b{n}\n' for n in range(depth)).encode()


@pytest.mark.parametrize(
    "mail",
    [
        nested(200) + b"\n" * 400_000,
        b"From: mailer-daemon@mx.test\nSubject: it failed\n\n" + b"\n" * 19_000 + b"x",
        b"From: mailer-daemon@mx.test\nSubject: it failed\n\n" + b"<a@b.test>" + b" " * 19_000 + b"x",
        b"From: mailer-daemon@mx.test\nSubject: it failed\n\n" + b"<a@b.test" * 2_000,
    ],
)
def test_a_monstrous_mail_names_nobody_and_is_soon_done_with(mail: bytes) -> None:
    assert all(report.recipient is None for report in read_reports(mail, DOMAIN))

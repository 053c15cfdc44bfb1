"""What a recipient's values say stays text, in whatever channel it stands."""

import re
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from contracts.base.templates.v1 import TemplateField
from hub.channels.mail.data import as_data
from hub.channels.wording import headers
from hub.channels.wording.letter import CompiledLetter
from hub.channels.wording.mail import Attachment, CompiledMail
from hub.channels.wording.text import CompiledSms
from hub.channels.wording.values import Values, checked_link
from hub.errors import HubError, InputError
from tests.support.wording import MJML, SENDER, VALUES, recipient, template

TEMPLATE = template()
MAIL = CompiledMail(TEMPLATE, TEMPLATE.wordings[0], SENDER)
HEADERS = [
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "Auto-Submitted",
    "MIME-Version",
    "Content-Type",
]
HARMLESS = [
    "{{7*7}}",
    "=HYPERLINK()",
    "'; drop table",
    "<script>alert(1)</script>",
    "../../etc",
    "Ä" * 300,
    "日本語",
    "a.\n.",
    ".",
    "..a\n.b",
    "=3D=",
    "-->",
]
HARMFUL = ["a\r\nBcc: x@y.test", "a\nb", "=?utf-8?q?=0D=0ABcc:_x@y.test?=", "a\u2028b", "\u202egnp.exe", "a\0b", "\x1b[2J"]


def read(raw: bytes) -> EmailMessage:
    return message_from_bytes(raw, policy=policy.default)


def part(mail: EmailMessage, kind: str) -> str:
    body = mail.get_body((kind,))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


class Seen(HTMLParser):
    """The text that a reader sees, and the elements it is made of."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text, self.tags, self.links, self.attributes = "", [], [], []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes.append((tag, attrs))
        self.links += [value for name, value in attrs if name == "href"]
        self.text += "\n" if tag == "br" else ""

    def handle_data(self, data: str) -> None:
        self.text += data


PLAIN = Seen(part(read(MAIL.fill(recipient()).message), "html"))


def test_a_mail_says_who_what_and_how_to_leave() -> None:
    sent = MAIL.fill(recipient())
    mail = read(sent.message)
    assert sent.sender == "bounces@hub.test"
    assert mail.keys() == HEADERS
    assert (mail["From"], mail["To"], mail["Subject"]) == ("The Hub <news@hub.test>", "anna@example.test", "Anna: June 1, 2026")
    assert (mail["Message-ID"], mail["List-Unsubscribe"]) == ("<d-1@hub.test>", "<https://hub.test/u/d-1>")
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert part(mail, "plain") == "Dear Anna,\none\ntwo\nhttps://hub.test/pay?a=1&b=2 https://hub.test/u/d-1"
    assert "Pay €1,234.56 until June 1, 2026" in PLAIN.text
    assert PLAIN.links == ["https://hub.test/pay?a=1&b=2", "https://hub.test/u/d-1"]


def test_a_mail_that_nobody_can_stop_has_no_link_for_it() -> None:
    mail = read(MAIL.fill(recipient()._replace(unsubscribe=None)).message)
    assert not {"List-Unsubscribe", "List-Unsubscribe-Post"} & set(mail.keys())
    assert Seen(part(mail, "html")).links[1:] == ["#"], "a link to nowhere, and not to where the mail is read"


def with_more(added: str) -> CompiledMail:
    """A mail with something added that speaks of a link `more`, which may be missing."""
    laid = TEMPLATE.model_copy(update={"fields": (*TEMPLATE.fields, TemplateField(name="more", kind="link", is_required=False))})
    email = TEMPLATE.wordings[0].email
    assert email
    mjml = MJML.replace("No more</a>", f"No more</a> {added}")
    wording = TEMPLATE.wordings[0].model_copy(update={"email": email.model_copy(update={"mjml": mjml})})
    return CompiledMail(laid, wording, SENDER)


def test_a_link_that_is_missing_takes_its_attribute_with_it() -> None:
    mail = with_more('<a href="{{more}}">Read more</a> {{more}}.')
    with_it = Seen(part(read(mail.fill(recipient(more="https://hub.test/more?a=1&b=2")).message), "html"))
    without = Seen(part(read(mail.fill(recipient()).message), "html"))
    assert with_it.links == [*PLAIN.links, "https://hub.test/more?a=1&b=2"]
    assert "Read more https://hub.test/more?a=1&b=2." in with_it.text
    assert without.links == PLAIN.links, "an empty one would lead to wherever the mail is read"
    assert (without.tags, "Read more ." in without.text) == (with_it.tags, True)


@pytest.mark.parametrize("behind", [" for you", " for {{name}}", "{{name}}", "{{more}}"])
@pytest.mark.parametrize("more", [{"more": "https://m.test/a"}, {}])
def test_what_stands_behind_a_link_stays_within_its_attribute(behind: str, more: dict[str, str]) -> None:
    name, link = "a onmouseover=alert(1) b", more.get("more", "")
    filled = with_more(f'<b title="{{{{more}}}}{behind}">x</b>').fill(recipient(name=name, **more))
    value = link + behind.replace("{{name}}", name).replace("{{more}}", link)
    assert [attrs for tag, attrs in Seen(part(read(filled.message), "html")).attributes if tag == "b"] == [[("title", value)]]


@pytest.mark.parametrize("text", HARMLESS)
def test_odd_text_is_read_as_it_was_written_and_nothing_else_comes_of_it(text: str) -> None:
    name = text.replace("\n", " ")
    sent = MAIL.fill(recipient(name=name, note=text))
    mail = read(sent.message)
    assert sent.data == as_data(sent.message)
    assert mail.keys() == HEADERS
    assert mail["Subject"] == f"{name}: June 1, 2026"
    assert part(mail, "plain") == f"Dear {name},\n{text}\nhttps://hub.test/pay?a=1&b=2 https://hub.test/u/d-1"
    seen = Seen(part(mail, "html"))
    assert f"Dear {name}, {text}" in seen.text
    assert [tag for tag in seen.tags if tag != "br"] == [tag for tag in PLAIN.tags if tag != "br"]
    assert seen.links == PLAIN.links


@pytest.mark.parametrize("text", HARMFUL)
def test_harmful_text_is_refused_by_its_field(text: str) -> None:
    with pytest.raises(InputError, match=r"^fields\.name: expected"):
        MAIL.fill(recipient(name=text))


@given(st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp", "Cf"]), min_size=1, max_size=300))
def test_any_line_arrives_whole_or_is_refused(name: str) -> None:
    try:
        sent = MAIL.fill(recipient(name=name, note=name))
    except InputError:
        assert "=?" in name
        return
    mail = read(sent.message)
    assert mail.keys() == HEADERS
    assert max(map(len, sent.message.split(b"\r\n"))) < 998
    assert b"\n" not in sent.message.replace(b"\r\n", b"")
    assert sent.data == as_data(sent.message)
    assert part(mail, "plain").startswith(f"Dear {name},\n{name}\n")


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"name": None}, "fields.name: expected a value"),
        ({"name": 7}, "fields.name: expected"),
        ({"name": "x" * 301}, "fields.name: expected"),
        ({"note": "a\x00b"}, "fields.note: expected"),
        ({"note": "a\u202eb"}, "fields.note: expected"),
        ({"sum": {"minor": 1.5, "currency": "EUR"}}, "fields.sum: expected"),
        ({"sum": "12 EUR"}, "fields.sum: expected"),
        ({"due": "tomorrow"}, "fields.due: expected a day"),
        ({"page": "javascript:alert(1)"}, "fields.page: expected the address of a page"),
        ({"page": 'https://x.test/"><script>'}, "fields.page: expected the address of a page"),
        ({"page": "https://x.test/\r\nBcc: y"}, "fields.page: expected the address of a page"),
    ],
)
def test_a_value_of_another_kind_is_refused_by_its_field(values: dict[str, Any], told: str) -> None:
    for compiled in (MAIL, CompiledSms(TEMPLATE, TEMPLATE.wordings[0], "Hub")):
        with pytest.raises(InputError) as error:
            compiled.fill(recipient(**values))
        assert str(error.value).startswith(told)


@pytest.mark.parametrize("address", ["a@b.test\r\nBcc: c@d.test", "a b@c.test", "", "anna"])
def test_a_mail_to_no_address_is_not_made(address: str) -> None:
    with pytest.raises(InputError, match="address"):
        MAIL.fill(recipient()._replace(address=address))


@pytest.mark.parametrize(
    ("mjml", "told"),
    [
        ("<mjml><mj-body><mj-section>", "MJML that can be read"),
        (MJML.replace('href="{{page}}"', 'href="https://x.test/{{name}}"'), "in href of <a> a field of kind link"),
        (MJML.replace('href="{{page}}"', 'href="{{name}}"'), "in href of <a> a field of kind link"),
        (MJML.replace("Dear {{name}}", '<b style="color:{{name}}">Dear</b>'), "in style of <b>"),
        (MJML.replace("Dear", '<b onclick="x()">Dear</b>'), "nothing that runs, such as onclick"),
        (MJML.replace("{{page}}", "javascript:x()"), "nothing that runs"),
        (MJML.replace("<mj-head>", "<mj-head><mj-style>.{{name}} {color: red}</mj-style>"), "no places within styles"),
        (MJML.replace("Dear", "<b {{name}}>Dear</b>"), "not as names of a tag or its attributes"),
        (MJML.replace("Dear", "<{{name}}>Dear</{{name}}>"), "not as names of a tag or its attributes"),
        (MJML.replace("Dear", """<b title='a title="{{page}}"'>Dear</b>"""), "not as names of a tag or its attributes"),
        (MJML.replace("Dear", '<!--[if mso]><b style="color:{{name}}">Dear</b><![endif]-->'), "in style of <b>"),
    ],
)
def test_a_template_with_places_where_escaping_does_not_help_is_refused(mjml: str, told: str) -> None:
    found = template(mjml)
    with pytest.raises(InputError) as error:
        CompiledMail(found, found.wordings[0], SENDER)
    assert told in str(error.value)
    assert "template/t@1900-01-01: en.email.mjml" in str(error.value)


def test_files_go_with_it() -> None:
    compiled = CompiledMail(
        TEMPLATE, TEMPLATE.wordings[0], SENDER, [Attachment('Preis"liste 2026.pdf', "application/pdf", bytes(range(256)) * 9)]
    )
    (file,) = read(compiled.fill(recipient()).message).iter_attachments()
    assert (file.get_filename(), file.get_content_type(), file.get_content()) == (
        'Preis"liste 2026.pdf',
        "application/pdf",
        bytes(range(256)) * 9,
    )


def test_the_guard_is_tried_before_anything_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    headers.probe()
    monkeypatch.setattr(headers, "_FORBIDDEN", headers.re.compile("never"))
    with pytest.raises(HubError, match="guard"):
        headers.probe()


def test_a_text_message_is_filled_in() -> None:
    assert CompiledSms(TEMPLATE, TEMPLATE.wordings[0], "Hub").fill(recipient()).text == "Dear Anna, €1,234.56 until June 1, 2026."


def test_a_letter_is_the_same_bytes_twice_and_its_text_no_markup() -> None:
    compiled = CompiledLetter(TEMPLATE, TEMPLATE.wordings[0], ("The Hub", "1 Way", "12345 Town"))
    to = recipient(note='#strong[x] $x$ {{7*7}} #read("/etc/passwd")')._replace(address="Anna\n1 Street\n10115 Berlin")
    letter = compiled.fill(to)
    assert letter.lines == ("Anna", "1 Street", "10115 Berlin")
    assert letter.pdf == compiled.fill(to).pdf
    assert letter.pdf.startswith(b"%PDF-")
    assert b"pdfaid:part>2<" in letter.pdf
    with pytest.raises(InputError, match="address"):
        compiled.fill(to._replace(address="Anna"))


@pytest.mark.parametrize(
    ("name", "is_printed"), [("Ærøskøbing Ğ Ž", True), ("Ελλάδα", True), ("Жанна", True), ("日本", False), ("A 😀", False)]
)
def test_a_letter_is_not_made_of_boxes(name: str, is_printed: bool) -> None:
    compiled = CompiledLetter(TEMPLATE, TEMPLATE.wordings[0], ("The Hub", "1 Way", "12345 Town"))
    to = recipient(name=name)._replace(address="Anna\n1 Street\n10115 Berlin")
    if is_printed:
        assert compiled.fill(to).pdf
    else:
        with pytest.raises(InputError, match="Latin, Greek or Cyrillic"):
            compiled.fill(to)


@pytest.mark.parametrize(
    ("language", "money", "day", "moment"),
    [
        ("de", "1.234,56\u00a0€", "1. Juni 2026", "01.05.26, 12:00"),
        ("en", "€1,234.56", "June 1, 2026", "5/1/26, 12:00 PM"),
        ("xx", "€1,234.56", "June 1, 2026", "5/1/26, 12:00 PM"),
    ],
)
def test_values_are_written_as_people_of_a_language_do(language: str, money: str, day: str, moment: str) -> None:
    said = TEMPLATE.model_dump() | {"wordings": [{"language": "en"}]}
    said["fields"] = [*said["fields"], {"name": "at", "kind": "moment"}, {"name": "number", "kind": "count"}]
    fields = type(TEMPLATE).model_validate(said, strict=False).fields
    found = Values(fields).written(
        VALUES | {"at": datetime(2026, 5, 1, 10, tzinfo=UTC).isoformat(), "number": 7}, language, "Europe/Berlin"
    )
    assert (found["sum"], found["due"], found["at"], found["number"]) == (money, day, moment, "7")


@given(st.from_regex(r"(https?|ftp)://[a-z0-9.:@\[\]/?#'-]{0,12}[a-z0-9 ]{0,2}", fullmatch=True))
@example("https://hub.test:80/u?a=b#c")
@example("http://@/")
@example("http://:80/")
@example("https://a..b/")
def test_a_link_is_the_address_of_a_page_somewhere(text: str) -> None:
    try:
        is_one = bool(urlsplit(text).hostname) and bool(re.fullmatch(r"https?://[^' ]+", text))
    except ValueError:
        is_one = False
    try:
        assert checked_link("link", text) == text
        assert is_one
    except InputError:
        assert not is_one

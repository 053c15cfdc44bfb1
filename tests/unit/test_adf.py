"""Leads in ADF: whole ones, broken ones as they arrive, and hostile ones; the reader refuses in its own words or not at all."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.contract import Invalid
from hub.intake.adf import Lead, leads

WHOLE = """<?xml version="1.0" encoding="UTF-8"?>
<?adf version="1.0"?>
<adf>
  <prospect status="new">
    <id sequence="1" source="Fair">4711</id>
    <requestdate>2026-03-01T12:00:00+01:00</requestdate>
    <vehicle interest="trade-in"><year>2015</year><make>Otter</make><model>Mink</model></vehicle>
    <vehicle interest="buy" status="new">
      <year>2026</year><make>Otter</make><model>Heron</model><trim>Sky</trim><odometer units="km">12</odometer>
    </vehicle>
    <customer>
      <contact>
        <name part="first">Ada</name><name part="last">Quist</name>
        <email>ada@mail.example</email>
        <phone type="fax">+49 30 23125 009</phone><phone type="voice">+49 30 23125 001</phone>
      </contact>
      <comments>Room for a kayak &amp; two dogs.</comments>
    </customer>
    <vendor><vendorname>Haus am See</vendorname></vendor>
  </prospect>
</adf>
"""


def one(text: str | bytes, charset: str = "") -> Lead:
    (lead,) = leads(text.encode() if isinstance(text, str) else text, charset).leads
    return lead


def done(text: str | bytes, charset: str = "") -> set[str]:
    return {repair.done for repair in leads(text.encode() if isinstance(text, str) else text, charset).repairs}


def refused(raw: bytes) -> tuple[str, str]:
    with pytest.raises(Invalid) as wrong:
        leads(raw)
    return wrong.value.reason, wrong.value.findings[0].path


def test_a_whole_document_is_read_as_it_stands_and_says_what_is_not_kept() -> None:
    sheet = leads(WHOLE.encode())
    (lead,) = sheet.leads
    assert lead.ref == "Fair:4711"
    assert lead.fields == {
        "lead_source": "web",
        "name": "Ada Quist",
        "email": "ada@mail.example",
        "phone": "+49 30 23125 001",
        "intention": "purchase",
        "product": "2026 Otter Heron Sky",
        "need": "Room for a kayak & two dogs.\ntrade-in: 2015 Otter Mink",
    }
    assert (lead.moment.isoformat() if lead.moment else None, lead.is_vague) == ("2026-03-01T11:00:00+00:00", False)
    assert lead.paths["email"] == "prospect[0].customer.contact.email"
    assert sheet.repairs == []
    assert sheet.passed_over == [
        "prospect[0].vehicle[1].odometer",
        "prospect[0].customer.contact.phone",
        "prospect[0].vendor.vendorname",
    ]


BROKEN = {
    "a bare & was taken as text": ("kayak &amp; two", "kayak &amp; two", "kayak & two"),
    "a bare < was taken as text": ("Room for", "Room &lt; 5 for", "Room < 5 for"),
    "an entity of HTML was written as its character": ("Ada", "Ádá", "&Aacute;d&aacute;"),
    "control characters were left out": ("kayak", "kayak", "kay\x0bak&#0;"),
    "quotes were put around an attribute's value": ('sequence="1"', 'sequence="1"', "sequence=1"),
    "an attribute without a value, or named twice, was left out": ('status="new"', 'status="new"', 'status="new" urgent status="resend"'),
    "email was closed": ("</email>", "</email>", ""),
    "customer was closed": ("</customer>", "</customer>", ""),
    "adf was closed": ("</adf>", "</adf>", ""),
    "an end without a beginning was passed over": ("</email>", "</email>", "</mail>"),
    "adf was put around the document": ("<adf>", "<adf>", ""),
    "HTML within text was left out": ("Room for", "Room\nfor", "Room<br>for"),
    "an instruction was closed": ('<?adf version="1.0"?>', '<?adf version="1.0"?>', '<?adf version="1.0">'),
    "a declaration that is none, or does not stand first, was passed over": ("<?xml", "<?xml", '<?ADF VERSION "1.0"?>\n<?xml'),
    "what stands outside of the document was passed over": ("<?xml", "<?xml", "Content: a new lead\n\n<?xml"),
    "a CDATA section that does not end was opened as text": ("Room for", "Room for", "<![CDATA[Room for"),
    "the end of a CDATA section that never began was taken as text": ("two dogs.", "two dogs.]]&gt;", "two dogs.]]>"),
}


@pytest.mark.parametrize("repair", BROKEN)
def test_what_is_broken_is_read_as_it_was_meant_and_the_repair_is_told(repair: str) -> None:
    was, meant, came = BROKEN[repair]
    text = WHOLE.replace(was, came, 1)
    assert text != WHOLE
    sheet = leads(text.encode())
    assert repair in {told.done for told in sheet.repairs}
    assert sheet.leads[0].fields == one(WHOLE.replace(was, meant, 1)).fields
    assert all(told.line > 0 for told in sheet.repairs)
    assert not any("kayak" in part for told in sheet.repairs for part in (told.path, told.done))


def test_a_repair_names_the_element_and_the_line() -> None:
    (repair,) = leads(WHOLE.replace("&amp;", "&").encode()).repairs
    assert (repair.path, repair.line) == ("prospect.customer.comments", 17)


def test_names_in_capitals_prefixes_and_curly_quotes_are_read() -> None:
    text = WHOLE.replace("prospect", "Prospect").replace("<adf>", "<ADF>").replace("</adf>", "</Adf>")
    text = text.replace('part="first"', "part=“first”").replace("<email>", "<a:Email>").replace("</email>", "</A:email>")
    assert one(text).fields == one(WHOLE).fields


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (WHOLE.replace("Ada", "Ädä").encode("cp1252"), "said to be UTF-8, read as Windows-1252"),
        (WHOLE.replace("Ada", "Ädä").replace("UTF-8", "ISO-8859-1").encode(), "said to be ISO-8859-1, read as UTF-8"),
        (WHOLE.replace("Ada", "Ädä").replace("UTF-8", "utf-16").encode(), "said to be UTF-16, read as UTF-8"),
        (WHOLE.replace("Ada", "Ädä").replace("UTF-8", "ISO-8859-1").encode("iso-8859-1"), None),
        (WHOLE.replace("Ada", "Ädä").replace("UTF-8", "UTF-16").encode("utf-16"), None),
        (b"\xef\xbb\xbf" + WHOLE.replace("Ada", "Ädä").encode(), None),
    ],
)
def test_bytes_are_read_as_what_they_are_and_it_is_told_where_they_say_otherwise(raw: bytes, told: str | None) -> None:
    assert one(raw).fields["name"] == "Ädä Quist"
    assert done(raw) == ({told} if told else set())


def test_documents_after_one_another_are_all_read() -> None:
    sheet = leads((WHOLE + WHOLE.replace("4711", "4712")).encode())
    assert [lead.ref for lead in sheet.leads] == ["Fair:4711", "Fair:4712"]
    assert {repair.done for repair in sheet.repairs} >= {"documents after one another were read as one"}


@pytest.mark.parametrize("given_moment", ["2026-03-01 12:00:00", "", "01/03/2026 12:00 PM", "9999-12-31T23:59:59-23:59"])
def test_a_moment_that_is_not_whole_is_told_as_a_repair(given_moment: str) -> None:
    text = WHOLE.replace("2026-03-01T12:00:00+01:00", given_moment)
    assert one(text).is_vague
    assert [repair.path for repair in leads(text.encode()).repairs] == ["prospect[0].requestdate"]


@pytest.mark.parametrize(
    ("ids", "ref"),
    [
        ('<id source="B">b</id><id sequence="10">ten</id><id sequence="2">two</id>', "two"),
        ("<id></id><id>1</id>", "1"),
        ('<id source=" A  B ">1</id>', "A B:1"),
    ],
)
def test_a_leads_reference_is_the_first_in_its_senders_order(ids: str, ref: str) -> None:
    assert one(WHOLE.replace('<id sequence="1" source="Fair">4711</id>', ids)).ref == ref


def test_the_number_that_is_preferred_is_taken_and_never_a_fax() -> None:
    text = WHOLE.replace('<phone type="voice">', '<phone>1</phone><phone preferredcontact="1">2</phone><phone type="voice">')
    assert one(text).fields["phone"] == "2"
    assert one(WHOLE.replace('type="fax"', "")).fields["phone"] == "+49 30 23125 009"


def test_a_lead_without_a_name_goes_by_its_address() -> None:
    text = WHOLE.replace(">Ada<", "><").replace(">Quist<", "><")
    assert one(text).fields["name"] == "ada@mail.example"
    assert "the e-mail address or number stands for the name that is missing" in done(text)


BOMB = '<!DOCTYPE adf [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
FILE = '<!DOCTYPE adf [<!ENTITY f SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (WHOLE.replace("<adf>", f"{BOMB}<adf>").replace("kayak", "&b;").encode(), ("doctype", "(document)")),
        (WHOLE.replace("<adf>", f"{FILE}<adf>").replace("kayak", "&f;").encode(), ("doctype", "(document)")),
        (WHOLE.replace("<adf>", f"{FILE}<adf>").replace("kayak", "&f; & more").encode(), ("doctype", "(document)")),
        (WHOLE.replace("<adf>", "<!ENTITY % p SYSTEM 'http://mail.example/x'><adf>").encode(), ("doctype", "(document)")),
        (WHOLE.replace("kayak", "kay\0ak").encode(), ("encoding", "(body)")),
        (WHOLE.encode("utf-16-le"), ("encoding", "(body)")),
        (WHOLE.encode("utf-32"), ("encoding", "(body)")),
        (WHOLE.replace("UTF-8", "UTF-7").encode(), ("encoding", "encoding")),
        (b"\xff\xfe<\0a", ("encoding", "encoding")),
        (b"<adf>" + b"<x>" * 10_000, ("adf", "adf.prospect")),
        (b"<adf>" + b"<x>" * 100 + b"</x>" * 100 + b"</adf>", ("xml", "(document)")),
        (b"<adf>" + b"<prospect>" * 600 + b"</adf>", ("adf", "adf.prospect")),
        (b"<adf><prospect>" + b"<id/>" * 60_000 + b"</prospect></adf>", ("xml", "(document)")),
        (WHOLE[: WHOLE.index("</contact>")].encode(), ("xml", "prospect.customer.contact")),
        (WHOLE[: WHOLE.index("ple</email>")].encode(), ("xml", "prospect.customer.contact.email")),
        (b"<adf></adf>", ("adf", "adf.prospect")),
        (b"<feed><entry/></feed>", ("xml", "line 1")),
        (b"", ("xml", "line 1")),
        (b"a lead, please", ("xml", "line 1")),
        (f"<adf><prospect {'a=1 ' * 2_000}></prospect></adf>".encode(), ("xml", "")),
    ],
)
def test_what_is_hostile_or_no_document_is_refused_with_its_place(raw: bytes, told: tuple[str, str]) -> None:
    assert refused(raw) == told


def test_a_document_type_without_definitions_is_not_looked_at() -> None:
    text = WHOLE.replace("<adf>", '<!DOCTYPE adf SYSTEM "http://mail.example/adf.dtd"><adf>')
    assert one(text).fields == one(WHOLE).fields
    assert one(text.replace("&amp;", "&")).fields == one(WHOLE).fields


PIECES = st.sampled_from(
    ["<", ">", "&", "</", "/>", "<!--", "-->", "<![CDATA[", "]]>", "<?", "?>", '"', "'", "=", "\0", "\x0b", "&#x1F;", "&nbsp;", "&lt;", "“"]
    + [f"<{name}>" for name in ("adf", "prospect", "id", "contact", "name", "email", "comments", "br", "x", "a:Name")]
    + [f"</{name}>" for name in ("adf", "prospect", "customer", "contact", "name", "email", "comments", "x")]
    + ["<vehicle interest=buy>", "<!DOCTYPE adf>", "<!DOCTYPE adf [", "<requestdate>2026-03-01", " ada ", "\n", "ü"]
)


def read_or_refused(raw: bytes) -> None:
    try:
        sheet = leads(raw)
    except Invalid as wrong:
        assert wrong.findings  # noqa: PT017 - nothing else may be raised, and this must say where
    else:
        assert sheet.leads


@given(st.binary(max_size=200))
def test_whatever_the_bytes_are_they_are_read_or_refused(raw: bytes) -> None:
    read_or_refused(raw)


@given(st.lists(PIECES, max_size=40))
def test_whatever_pieces_come_they_are_read_or_refused(pieces: list[str]) -> None:
    read_or_refused("".join(pieces).encode())


@given(st.integers(0, len(WHOLE)), st.integers(0, 30), st.lists(PIECES, max_size=3))
def test_whatever_is_cut_out_or_put_into_a_document_it_is_read_or_refused(at: int, length: int, pieces: list[str]) -> None:
    read_or_refused((WHOLE[:at] + "".join(pieces) + WHOLE[at + length :]).encode())


def samples() -> list[Path]:
    folder = os.environ.get("HUB_SAMPLES")
    return sorted(Path(folder, "adf").glob("*.xml")) if folder else []


@pytest.mark.skipif(not samples(), reason="HUB_SAMPLES names no folder of samples: leads that others wrote are not read")
def test_leads_that_others_wrote_are_read_without_a_repair() -> None:
    for path in samples():
        sheet = leads(path.read_bytes())
        assert (len(sheet.leads), sheet.repairs) == (1, []), path.name
        assert sheet.leads[0].fields["name"] == "John Doe"
        assert sheet.leads[0].fields["product"] == "1999 Chevrolet Blazer"

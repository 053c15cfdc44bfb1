"""A text's segments are counted as the network counts them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.channels.sms.segments import Segments, beyond, segments

BASIC = st.sampled_from("@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡AZÄÖÑÜ§¿azäöñüà\n")
EXTENDED = st.sampled_from("^{}\\[~]|€")
WIDE = st.sampled_from("ж日ł😀👍")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", Segments("gsm7", 1, 160)),
        ("a" * 160, Segments("gsm7", 1, 0)),
        ("a" * 161, Segments("gsm7", 2, 145)),
        ("a" * 306, Segments("gsm7", 2, 0)),
        ("a" * 307, Segments("gsm7", 3, 152)),
        ("€" * 80, Segments("gsm7", 1, 0)),
        ("€" * 81, Segments("gsm7", 2, 143)),  # 76 go into 153 septets: the escape and its sign stay together
        ("ж" * 70, Segments("ucs2", 1, 0)),
        ("ж" * 71, Segments("ucs2", 2, 63)),
        ("😀" * 35, Segments("ucs2", 1, 0)),
        ("😀" * 36, Segments("ucs2", 2, 61)),  # 33 go into 67 units: the two surrogates stay together
        ("`", Segments("ucs2", 1, 69)),
    ],
)
def test_segments_at_their_edges(text: str, wanted: Segments) -> None:
    assert segments(text) == wanted


@given(st.lists(BASIC | EXTENDED, max_size=700))
def test_gsm_signs_take_one_septet_or_two(signs: list[str]) -> None:
    found = segments("".join(signs))
    septets = sum(2 if sign in "^{}\\[~]|€" else 1 for sign in signs)
    assert found.encoding == "gsm7"
    if found.parts == 1:
        assert septets + found.free == 160
    else:
        lost = found.parts * 153 - found.free - septets
        assert septets > 160
        assert 0 <= lost < found.parts  # at most one septet at the end of each but the last


@given(st.lists(BASIC | WIDE, min_size=1, max_size=400), WIDE, st.data())
def test_one_sign_beyond_gsm_makes_all_of_it_wide(signs: list[str], wide: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(signs)))
    text = "".join([*signs[:at], wide, *signs[at:]])
    found, units = segments(text), len(text.encode("utf-16-be")) // 2
    assert found.encoding == "ucs2"
    assert wide in beyond(text)
    assert (found.parts == 1) == (units <= 70)
    if found.parts > 1:
        assert 0 <= found.parts * 67 - found.free - units < found.parts


@given(st.text(max_size=400), st.text(max_size=50))
def test_more_text_never_takes_fewer_segments(text: str, more: str) -> None:
    assert segments(text + more).parts >= segments(text).parts

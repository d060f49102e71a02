"""Vectors: 3GPP TS 23.038 6.2.1 (alphabet), TS 23.040 9.2.3.24.1 (a header of six octets leaves 153 septets or 67 characters)."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.domain.gsm import BASIC, EXTENSION, MULTI_PART, SINGLE_PART, Parts, parts, split


def test_the_alphabet_is_that_of_the_standard():
    """128 positions, of which one (0x1B) escapes to the extension table."""
    assert len(BASIC) == len(set(BASIC)) == 127
    assert not set(BASIC) & set(EXTENSION)
    # Positions that are easy to get wrong: capital cedilla (0x09), the accents without a counterpart, Greek capitals without a Latin twin.
    assert "Ç" in BASIC
    assert not set("çáíóúêëîôûÀÈÂ`\u0391\u0392\u0395") & set(BASIC)
    assert set("ΔΦΓΛΩΠΨΣΘΞ") <= set(BASIC)


@pytest.mark.parametrize(
    ("text", "encoding", "segments", "units"),
    [
        ("", "GSM-7", 1, 0),
        ("a" * 160, "GSM-7", 1, 160),
        ("a" * 161, "GSM-7", 2, 161),
        ("a" * 306, "GSM-7", 2, 306),
        ("a" * 307, "GSM-7", 3, 307),
        ("a" * 918, "GSM-7", 6, 918),
        ("@£$¥èéùìòÇ\nØø\rÅå", "GSM-7", 1, 16),
        ("€" * 80, "GSM-7", 1, 160),
        ("€" * 80 + "a", "GSM-7", 2, 161),
        # The last septet of a part cannot hold an escape: 152 and an escaped character fit, 153 would split it.
        ("a" * 151 + "€" + "a" * 153, "GSM-7", 2, 306),
        ("a" * 152 + "€" + "a" * 152, "GSM-7", 3, 306),
        ("a" * 152 + "€" + "a" * 151, "GSM-7", 2, 305),
        ("ç", "UCS-2", 1, 1),
        ("ж" * 70, "UCS-2", 1, 70),
        ("ж" * 71, "UCS-2", 2, 71),
        ("ж" * 134, "UCS-2", 2, 134),
        ("ж" * 135, "UCS-2", 3, 135),
        ("😀" * 35, "UCS-2", 1, 70),
        ("😀" * 36, "UCS-2", 2, 72),
        # A surrogate pair is not split either: 33 of them leave one unit of a part unused.
        ("😀" * 66, "UCS-2", 2, 132),
        ("😀" * 67, "UCS-2", 3, 134),
        ("ж" + "😀" * 66, "UCS-2", 2, 133),
        # One narrow no-break space, which CLDR puts before PM, makes the whole message UCS-2.
        ("2:30\u202fPM", "UCS-2", 1, 7),
    ],
)
def test_vectors(text, encoding, segments, units):
    assert parts(text) == Parts(encoding, segments, units)


@pytest.mark.parametrize("character", list(EXTENSION))
def test_each_character_of_the_extension_takes_two_septets(character):
    assert parts(character).units == 2
    assert parts(character * 81).segments == 2


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.text(
        alphabet=st.one_of(st.sampled_from(BASIC + EXTENSION), st.characters(exclude_categories=["Cs"])),
        max_size=700,
    )
)
def test_a_text_fits_into_its_parts_and_not_into_fewer(text):
    measured = parts(text)
    room = MULTI_PART[measured.encoding]
    if measured.units <= SINGLE_PART[measured.encoding]:
        assert measured.segments == 1
    else:
        # Every part but the last holds at least all but one of its units.
        assert (measured.segments - 1) * (room - 1) < measured.units <= measured.segments * room
    if measured.encoding == "UCS-2":
        assert measured.units == len(text.encode("utf-16-le")) // 2


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(alphabet=st.sampled_from("ab€[é🙂"), max_size=700))
def test_a_text_is_split_into_as_many_parts_as_measured(text):
    pieces = split(text)
    measured = parts(text)
    assert "".join(pieces) == text
    assert len(pieces) == measured.segments
    if len(pieces) > 1:
        room = MULTI_PART[measured.encoding]
        # The filler makes each piece use the alphabet of the whole text.
        filler = "🙂" if measured.encoding == "UCS-2" else ""
        assert all(parts(piece + filler).units - (2 if filler else 0) <= room for piece in pieces)

"""Segments compared with the published limits and with the channel's own count."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.sandbox.segments import segments


@pytest.mark.parametrize(
    ("body", "count"),
    [
        ("", 1),
        ("x" * 160, 1),
        ("x" * 161, 2),
        ("x" * 306, 2),
        ("x" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("é" * 160, 1),
        ("ê" * 70, 1),
        ("ê" * 71, 2),
        ("ê" * 134, 2),
        ("ê" * 135, 3),
        ("👋" * 35, 1),
        ("👋" * 36, 2),
        ("x" * 69 + "ê", 1),
    ],
)
def test_at_the_limits(body, count):
    assert segments(body) == count


@given(st.text(max_size=400))
def test_more_text_never_has_fewer_segments(body):
    assert segments(body + "x") >= segments(body) >= 1

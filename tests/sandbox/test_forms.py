"""Forms as clients send them."""

from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from urllib3.filepost import encode_multipart_formdata

from pipelines.sandbox.forms import read_form

WORDS = st.text(st.characters(exclude_categories=["Cs"]))
NAMES = st.text("abcxyz:-_", min_size=1)


@given(st.lists(st.tuples(NAMES, WORDS)))
def test_both_encodings_are_read_back_unchanged(pairs):
    expected = {}
    for name, value in pairs:
        expected.setdefault(name, []).append(value)
    plain = read_form(urlencode(pairs).encode(), "application/x-www-form-urlencoded")
    assert plain == expected
    if pairs:
        assert read_form(*encode_multipart_formdata(pairs)) == expected


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"", "multipart/form-data"),
        (b"", "multipart/form-data; boundary=x"),
        (b"--x\r\n\r\nvalue", "multipart/form-data; boundary=x"),
        (b'--x\r\ncontent-disposition: form-data; name="a"\r\n\r\nvalue', "multipart/form-data; boundary=x"),
        (b"\xff\xfe", "application/x-www-form-urlencoded"),
        (b"&".join(b"a=1" for _ in range(6000)), "application/x-www-form-urlencoded"),
    ],
)
def test_malformed_forms(body, content_type):
    with pytest.raises(ValueError):
        read_form(body, content_type)

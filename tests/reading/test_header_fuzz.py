"""Arbitrary headers: a file gives rows that the database can store, or one refusal, and never another error."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pipelines.domain.mapping import fingerprint, propose
from pipelines.errors import PacketRefused
from pipelines.language import Sentence, say
from pipelines.reading import Hints, open_rows
from pipelines.reading.code_pages import BY_NAME

MANY = settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
ENCODINGS = [*BY_NAME, "utf-8-sig", "utf-16", "utf-32", "utf-16-le", "utf-32-be", "iso2022_jp", "utf-7"]
ROW = b"\nAnn,+12125552368,2030-05-01\n"

texts = st.text(st.characters(exclude_categories=[]), max_size=40)
encoded = st.builds(
    lambda text, encoding: text.encode(encoding, "ignore"),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
    st.sampled_from(ENCODINGS),
)
lone = texts.map(lambda text: text.encode("utf-8", "surrogatepass"))
controls = st.lists(st.sampled_from(b"\0\x01\t\n\r\x0b\x1b\x1c\x1d\x1e\x1f\"',;|=\x7f\x85"), max_size=30).map(
    bytes
)
long = st.builds(
    lambda piece, times: piece * times, st.binary(min_size=1, max_size=8), st.integers(1, 40_000)
)
sep_lines = st.binary(min_size=1, max_size=3).map(lambda sign: b"sep=" + sign + b"\n")
headers = st.lists(
    st.one_of(encoded, lone, controls, long, sep_lines, st.binary(max_size=60)), max_size=6
).map(b",".join)


def storable(text):
    return "\0" not in text and text.encode()


def read_or_refused(content, **hints):
    """Read the file, and check that every text in the result can be stored in PostgreSQL."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "people.csv"
        path.write_bytes(content)
        try:
            with open_rows(path, hints=Hints(**hints)) as opened:
                batches = list(opened.batches)
        except PacketRefused as error:
            refused = error
        else:
            refused = None
    if refused is not None:
        readings = getattr(refused, "readings", ())
        assert storable(str(refused))
        assert str(refused).endswith(".")
        assert all(sample == "" or storable(sample) for each in readings for sample in each.samples)
        return
    propose(opened.header, (), None)
    fingerprint(opened.header)
    for text in [*opened.header, *opened.dialect.values(), *(row for batch in batches for row in batch.rows)]:
        assert text == "" or storable(text)
    for problem in [problem for batch in batches for problem in batch.problems]:
        assert storable(say(Sentence(problem.code, problem.params)))
        assert not problem.value or storable(problem.value)
        assert not problem.column or storable(problem.column)


@MANY
@given(
    header=headers, rows=st.sampled_from([ROW, b"\n", b"", ROW * 30, b"\nZo\xe9,1\n", "\nZoë,1\n".encode()])
)
@example(header="電話番号,氏名".encode("cp932"), rows=ROW)
@example(header=b"name,\xff\xfe,x", rows="\nZoë,1,x\n".encode() * 9)
@example(header=b'sep="', rows=ROW)
@example(header=b"sep=\r", rows=ROW)
@example(header=b"\xed\xa0\x80,phone", rows=ROW)
@example(header=b"a" * 300_000, rows=ROW)
@example(header=b'"' + b"a" * 200_000, rows=ROW)
@example(header=b"\x00" * 50, rows=b"")
def test_any_header_gives_rows_or_a_refusal(header, rows):
    read_or_refused(header + rows)


@MANY
@given(header=headers, stated=st.sampled_from([*BY_NAME]))
def test_any_header_with_a_stated_encoding(header, stated):
    read_or_refused(header + ROW, stated=stated)


@MANY
@given(content=st.binary(max_size=400))
def test_any_bytes(content):
    read_or_refused(content)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_a_truncated_file_of_wide_characters(encoding):
    content = "name,phone\nZoë,1\nAnn,2\n".encode(encoding)
    for end in range(4, len(content)):
        read_or_refused(content[:end])

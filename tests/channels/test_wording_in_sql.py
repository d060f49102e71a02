"""PostgreSQL and Jinja must fill a plain template to the same letter, and miss the same values."""

import re
import unicodedata

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import bindparam, column, func, select
from sqlalchemy.dialects.postgresql import JSONB

from pipelines.channels.wording import moments
from pipelines.channels.wording.grammar import Moment
from pipelines.channels.wording.in_sql import missing_in, text_of
from pipelines.channels.wording.template import Wording
from pipelines.channels.wording.values import one_line, one_line_in_sql, tidy_in_sql

FIELDS = ("first_name", "email", "gate", "contact_at")
KNOWN = (*FIELDS, "not_in_this_file")
ANY_TEXT = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=12)
# Text of a template, without what Jinja reads as its own.
WORDS = ANY_TEXT.map(lambda text: text.replace("{", "(").replace("\r", "\n"))
PLACEHOLDERS = st.one_of(
    st.sampled_from(["first_name", "email", "gate", "not_in_this_file"]).map("{{{{ {} }}}}".format),
    st.sampled_from(["day", "date", "clock"]).map("{{{{ contact_at | {} }}}}".format),
    st.tuples(st.sampled_from(["gate", "not_in_this_file"]), st.sampled_from(["there", "é %s :x", ""])).map(
        lambda two: "{{{{ {} | default('{}') }}}}".format(*two)
    ),
)  # fmt: skip
TEMPLATES = st.lists(st.one_of(WORDS, PLACEHOLDERS), max_size=8).map("".join)
LOCAL = st.one_of(st.none(), st.dates().map(str), st.datetimes().map(lambda at: at.isoformat(" ", "minutes")))
ROWS = st.fixed_dictionaries(
    dict.fromkeys(FIELDS, st.one_of(st.none(), st.just(""), ANY_TEXT)) | {"contact_at": LOCAL}
)
WITH_DATABASE = settings(
    max_examples=80,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def in_sql(connection, wording, rows):
    given_rows = (
        func.jsonb_array_elements(bindparam("rows", type_=JSONB))
        .table_valued("row", with_ordinality="place")
        .render_derived()
    )
    columns = {name: given_rows.c.row.op("->>")(name) for name in FIELDS}
    locals_ = [row["contact_at"] for row in rows if row["contact_at"]]
    tables = {
        piece.format: moments.table(piece.format, locals_, wording.language)
        for piece in wording.pieces
        if isinstance(piece, Moment)
    }
    statement = select(
        text_of(wording.pieces, columns, tables), missing_in(wording.pieces, columns, tables)
    ).order_by(column("place"))
    return [
        (text, list(dict.fromkeys(missing)))
        for text, missing in connection.execute(statement.select_from(given_rows), {"rows": rows})
    ]


def in_python(wording, rows):
    made = []
    for row in rows:
        values = {name: value for name, value in row.items() if value}
        missing = wording.missing(values)
        made.append((None if missing else wording.fill(values), missing))
    return made


@WITH_DATABASE
@given(
    source=TEMPLATES,
    language=st.sampled_from(["en", "fr", "es", "ko"]),
    rows=st.lists(ROWS, min_size=1, max_size=10),
)
def test_both_make_the_same_text(database, source, language, rows):
    wording = Wording.read(source, language, KNOWN)
    assert wording.pieces is not None
    with database.engine("worker").connect() as connection:
        assert in_sql(connection, wording, rows) == in_python(wording, rows)


def tidied(database, cells):
    """Each cell as SQL tidies it and as SQL makes it one line."""
    given_cells = (
        func.jsonb_array_elements_text(bindparam("cells", type_=JSONB))
        .table_valued("cell", with_ordinality="place")
        .render_derived()
    )
    cell = given_cells.c.cell
    statement = select(tidy_in_sql(cell), one_line_in_sql(cell)).order_by(column("place"))
    with database.engine("worker").connect() as connection:
        return [tuple(row) for row in connection.execute(statement, {"cells": cells})]


def words(cell):
    """The words of a cell, without invisible characters and whatever separates them."""
    visible = re.sub("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]", "", cell)
    return "".join(" " if unicodedata.category(one) == "Cc" else one for one in visible).split()


@WITH_DATABASE
@given(st.lists(st.text(st.one_of(st.sampled_from("a \t\n\r\x1c\x85\xa0\u2009\u3000\u200b\ufeff\x01\x7f\u202e\u200d"), st.characters(exclude_characters="\x00", exclude_categories=["Cs"])), max_size=20)))  # fmt: skip
def test_a_cell_is_its_words_with_single_spaces(database, cells):
    assert tidied(database, cells) == [(" ".join(words(cell)), one_line(cell)) for cell in cells]


def test_no_cell_begins_a_line_of_its_own(database):
    ((cell, _),) = tidied(database, ["\ufeff Ana\r\nBcc:\u00a0\u200ball@example.com\x07"])
    assert cell == "Ana Bcc: all@example.com"
    assert one_line("Your visit\r\n\r\nBcc: all@example.com") == "Your visit Bcc: all@example.com"

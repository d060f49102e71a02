"""SQL and Python must bill the same parts."""

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import ARRAY, Text, bindparam, column, func, select

from pipelines.channels.wording.segments import alphabet, encoding, segments
from pipelines.domain.gsm import BASIC, EXTENSION, parts

# Characters that widen, and the edges of one part and of several.
CHARACTERS = st.one_of(
    st.sampled_from("a\n^€😀жç[\\]\f\x1b"),
    st.characters(exclude_characters="\x00", exclude_categories=["Cs"]),
)


@pytest.fixture(scope="module")
def measure(database):
    texts = (
        func.unnest(bindparam("texts", type_=ARRAY(Text)))
        .table_valued("body", with_ordinality="place")
        .render_derived()
    )
    body = texts.c.body
    statement = select(encoding(alphabet(body)), segments(body, func.length(body), alphabet(body))).order_by(
        column("place")
    )

    def run(bodies):
        with database.engine("worker").connect() as connection:
            return [tuple(row) for row in connection.execute(statement, {"texts": bodies})]

    return run


def in_python(bodies):
    return [(parts(body).encoding, parts(body).segments) for body in bodies]


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(bodies=st.lists(st.text(alphabet=CHARACTERS, max_size=400), min_size=1, max_size=20))
def test_sql_agrees_with_python(measure, bodies):
    assert measure(bodies) == in_python(bodies)


def test_they_agree_at_every_edge(measure):
    """Runs of wide and narrow characters around 70, 134, 160 and 306 units, where a torn pair costs a part."""
    rng = random.Random(20261124)
    bodies = [
        "".join(rng.choice(alphabet) for _ in range(length))
        for alphabet in ("aaaaaaa€", "a€", "€", "ж😀", "жжжжжж😀", "😀", BASIC + EXTENSION)
        for length in (*range(30, 40), *range(64, 82), *range(130, 168), *range(300, 312))
    ]
    assert measure(bodies) == in_python(bodies)

"""PostgreSQL chooses the same rule for a row as plain Python."""

from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import bindparam, column, func, select
from sqlalchemy.dialects.postgresql import JSONB

from pipelines.domain.campaign import DeliveryRule
from pipelines.domain.campaign_mistakes import mistakes
from pipelines.rules import in_sql
from tests.rules import in_python

FIELDS = ("phone", "email", "language", "gate", "contact_at")
WORDS = st.one_of(
    st.sampled_from(["+12125550123", "+4930123456", "en", "fr", "EN", "é", "é", "%", "_", "\\", "'"]),
    st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), min_size=1, max_size=4),
)
CLOCKS = st.times().map(lambda moment: moment.strftime("%H:%M"))
DATES = st.dates(min_value=date(1990, 1, 1)).map(str)
MOMENTS = st.one_of(CLOCKS, DATES, st.sampled_from(["00:00", "12:00", "23:59", "2026-11-24"]))
NAMES = st.sampled_from([*FIELDS, "shoe_size"])

CONDITIONS = st.recursive(
    st.one_of(
        st.fixed_dictionaries({"has": NAMES}),
        st.fixed_dictionaries({"equals": st.tuples(NAMES, WORDS).map(list)}),
        st.fixed_dictionaries({"starts_with": st.tuples(NAMES, WORDS).map(list)}),
        st.fixed_dictionaries({"in": st.tuples(NAMES, st.lists(WORDS, min_size=1, max_size=4)).map(list)}),
        st.fixed_dictionaries({"before": st.tuples(st.just("contact_at"), MOMENTS).map(list)}),
        st.fixed_dictionaries({"after": st.tuples(st.just("contact_at"), MOMENTS).map(list)}),
    ),
    lambda inner: st.one_of(
        st.fixed_dictionaries({"not": inner}),
        st.fixed_dictionaries({"all": st.lists(inner, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"any": st.lists(inner, min_size=1, max_size=3)}),
    ),
    max_leaves=8,
)
LOCAL = st.one_of(
    DATES, st.tuples(DATES, CLOCKS).map(" ".join), st.sampled_from(["2026-11-24", "2026-11-24 12:00"])
)
MAYBE = st.one_of(st.none(), st.just(""), WORDS)
ROWS = st.fixed_dictionaries(dict.fromkeys(FIELDS, MAYBE) | {"contact_at": st.one_of(st.none(), LOCAL)})
RULES = st.lists(
    st.builds(DeliveryRule, st.just("rule"), CONDITIONS, st.sampled_from(["sms", "email"])),
    min_size=1,
    max_size=4,
)
REACH = {"sms": "phone", "email": "email"}


def chosen_in_sql(connection, rules, rows):
    input_rows = (
        func.jsonb_array_elements(bindparam("rows", type_=JSONB))
        .table_valued("row", with_ordinality="place")
        .render_derived()
    )
    columns = {name: input_rows.c.row.op("->>")(name) for name in FIELDS}
    reach = {channel: func.coalesce(columns[name], "") != "" for channel, name in REACH.items()}
    statement = (
        select(in_sql.chosen_rule(rules, columns, reach)).select_from(input_rows).order_by(column("place"))
    )
    return [row[0] for row in connection.execute(statement, {"rows": rows})]


def chosen_in_python(rules, rows):
    return [
        in_python.chosen_rule(rules, row, {channel for channel, name in REACH.items() if row[name]})
        for row in rows
    ]


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(rules=RULES, rows=st.lists(ROWS, min_size=1, max_size=30))
def test_both_choose_the_same_rule(database, rules, rows):
    with database.engine("worker").connect() as connection:
        assert chosen_in_sql(connection, rules, rows) == chosen_in_python(rules, rows)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(CONDITIONS)
def test_the_generated_conditions_follow_the_schema(condition):
    assert mistakes(condition, "condition") == []


def test_a_field_that_the_packet_lacks_is_empty_even_under_not(database):
    rules = [DeliveryRule("no gate", {"not": {"has": "shoe_size"}}, "sms")]
    with database.engine("worker").connect() as connection:
        assert chosen_in_sql(connection, rules, [dict.fromkeys(FIELDS, "x")]) == [0]


ROW = {"phone": "+12125550123", "email": None, "language": "en", "contact_at": "2026-11-24 14:30", "gate": ""}
SMS = DeliveryRule("SMS to a mobile phone", {"has": "phone"}, "sms")
EMAIL = DeliveryRule("e-mail otherwise", {"has": "email"}, "email")
ANY = DeliveryRule("whoever speaks English", {"equals": ["language", "en"]}, "email")


@pytest.fixture
def chosen(database):
    """A function that returns the index of the rule chosen for a row."""
    with database.engine("worker").connect() as connection:
        yield lambda rules, row: chosen_in_sql(connection, rules, [row])[0]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"has": "phone"}, True),
        ({"has": "email"}, False),
        ({"has": "gate"}, False),
        ({"has": "shoe_size"}, False),
        ({"not": {"has": "email"}}, True),
        ({"equals": ["language", "en"]}, True),
        ({"equals": ["language", "EN"]}, False),
        ({"in": ["language", ["fr", "en"]]}, True),
        ({"in": ["language", ["fr"]]}, False),
        ({"starts_with": ["phone", "+1"]}, True),
        ({"starts_with": ["phone", "+49"]}, False),
        ({"before": ["contact_at", "14:31"]}, True),
        ({"before": ["contact_at", "14:30"]}, False),
        ({"after": ["contact_at", "14:29"]}, True),
        ({"after": ["contact_at", "14:30"]}, False),
        ({"before": ["contact_at", "2026-11-25"]}, True),
        ({"after": ["contact_at", "2026-11-24"]}, False),
        ({"all": [{"has": "phone"}, {"has": "email"}]}, False),
        ({"any": [{"has": "phone"}, {"has": "email"}]}, True),
    ],
)
def test_each_operator(chosen, condition, expected):
    assert chosen([DeliveryRule("rule", condition, "sms")], ROW) == (0 if expected else None)


@pytest.mark.parametrize("operator", ["before", "after"])
def test_an_unknown_time_is_neither_before_nor_after(chosen, operator):
    by_clock = DeliveryRule("rule", {operator: ["contact_at", "12:00"]}, "sms")
    by_date = DeliveryRule("rule", {operator: ["contact_at", "2026-11-24"]}, "sms")
    assert chosen([by_clock], ROW | {"contact_at": "2026-11-24"}) is None
    assert chosen([by_date], ROW | {"contact_at": None}) is None


def test_the_first_matching_rule_whose_channel_reaches_the_row_wins(chosen):
    both = ROW | {"email": "a@example.com"}
    assert [chosen([SMS, EMAIL], both), chosen([EMAIL, SMS], both)] == [0, 0]
    assert chosen([ANY, SMS], ROW) == 1
    assert chosen([ANY, EMAIL], ROW) is None

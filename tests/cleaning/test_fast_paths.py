"""The fast paths in SQL agree with the rules in Python; on real PostgreSQL."""
# ruff: noqa: RUF001 -- letters of other scripts are what is tested

import phonenumbers
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from pipelines.cleaning import email_address, names, phone
from pipelines.cleaning import text as tidying
from pipelines.cleaning.rule import Cleaned, Setting

FEW = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
REGIONS = ("US", "CA", "FR", "GB", "ES", "DE")


@pytest.fixture(scope="module")
def connection(database):
    with database.engine("worker").connect() as opened:
        yield opened


def setting(region="US"):
    return Setting(region, "en", "UTC")


def by_sql(connection, fast, values):
    """The result of the fast path for each value; None if it leaves the value to Python."""
    statement = text(
        f"select {fast.sql} from unnest(cast(:values as text[])) with ordinality as v (value, n) order by n"
    )
    return list(connection.execute(statement, {"values": values, **fast.parameters}).scalars())


def agree(connection, module, values, region="US"):
    """How many of the values SQL decided, each checked against Python."""
    path = module.fast("value", setting(region))
    results = by_sql(connection, path, ["", *values])
    assert results.pop(0) is None, "an empty cell has no value"
    for value, decided in zip(values, results, strict=True):
        if decided is not None:
            cleaned = module.clean(value, setting(region))
            assert isinstance(cleaned, Cleaned), (region, value)
            assert cleaned.value == decided, (region, value)
            assert decided == value or not path.keeps, (region, value)
            assert cleaned.can_text is (True if module is phone else None)
            assert cleaned.country == (region if module is phone else None), (region, value)
    return sum(decided is not None for decided in results)


def examples(region):
    kinds = phonenumbers.PhoneNumberType
    return [
        phonenumbers.example_number_for_type(region, kind)
        for kind in (kinds.MOBILE, kinds.FIXED_LINE, kinds.VOIP)
    ]


@st.composite
def numbers(draw, region):
    """Hits and near misses: an example number of the region with some digits changed, as people write it."""
    example = draw(st.sampled_from([number for number in examples(region) if number is not None]))
    digits = list(phonenumbers.national_significant_number(example))
    for index in draw(st.lists(st.integers(0, len(digits) - 1), max_size=6)):
        digits[index] = draw(st.sampled_from("0123456789"))
    national = "".join(digits) + draw(st.sampled_from(["", "", "", "7", ".0"]))
    code = str(example.country_code)
    prefix = draw(
        st.sampled_from(
            ["", "0", "1", "00", f"+{code}", f"+{code} ", f"00{code}", code, f"+{code} (0)", "+1", "+"]
        )
    )
    sign = draw(st.sampled_from([" ", "-", ".", " (", ") ", ""]))
    cut = draw(st.integers(0, len(national)))
    return prefix + national[:cut] + sign + national[cut:]


@pytest.mark.parametrize("region", REGIONS)
@FEW
@given(data=st.data())
def test_phones(connection, region, data):
    values = data.draw(st.lists(numbers(region), min_size=20, max_size=20))
    agree(connection, phone, values, region)
    path = phone.fast("value", setting(region))
    for number in filter(None, by_sql(connection, path, values)):
        assert phonenumbers.region_code_for_number(phonenumbers.parse(number)) == region


@pytest.mark.parametrize("region", REGIONS)
def test_the_usual_mobile_is_decided_by_sql(connection, region):
    example = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
    written = [
        phonenumbers.format_number(example, form)
        for form in (
            phonenumbers.PhoneNumberFormat.E164,
            phonenumbers.PhoneNumberFormat.INTERNATIONAL,
            phonenumbers.PhoneNumberFormat.NATIONAL,
        )
    ]
    assert agree(connection, phone, written, region) == len(written)


def test_every_region_with_a_fast_path(connection):
    decided = 0
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        example = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
        if example is None or phone.fast("value", setting(region)) is None:
            continue
        national = phonenumbers.national_significant_number(example)
        prefixes = [
            "",
            "0",
            "00",
            "1",
            "8",
            "03",
            f"+{example.country_code}",
            f"+{example.country_code}0",
            str(example.country_code),
        ]
        decided += agree(connection, phone, [prefix + national for prefix in prefixes], region)
    assert decided > 400


def test_digits_of_another_script_are_left_to_the_library(connection):
    assert by_sql(connection, phone.fast("value", setting()), ["٢١٢٥٥٥٢٣٦٨", "２１２５５５２３６８"]) == [
        None,
        None,
    ]


LOCAL = st.text("aZ09._+-%'é \u200b@", min_size=1, max_size=12)
DOMAIN = st.text("aZ09.-_é", min_size=1, max_size=10)
ENDS = st.sampled_from(
    [".com", ".COM", ".fr", ".invalid", ".Test", ".co.uk", ".local", ".c", ".123", ".example", ".arpa", ""]
)


@FEW
@given(parts=st.lists(st.tuples(LOCAL, DOMAIN, ENDS), min_size=20, max_size=20))
def test_addresses(connection, parts):
    agree(connection, email_address, [f"{local}@{domain}{end}" for local, domain, end in parts])


def test_the_usual_address_is_decided_by_sql(connection):
    values = [
        "ann@example.com",
        "A.Lee+x@Mail.Example.ORG",
        "o'neil@example.com",
        "ann@example.invalid",
        "ann@example.TEST",
        "ann@xn--mnchen-3ya.de",
        "ann@localhost",
    ]
    assert by_sql(connection, email_address.fast("value", setting()), values) == [
        "ann@example.com",
        "A.Lee+x@mail.example.org",
        None,
        None,
        None,
        None,
        None,
    ]


@FEW
@given(
    values=st.lists(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12),
        min_size=20,
        max_size=20,
    )
)
@pytest.mark.parametrize("module", [names, tidying])
def test_names_and_texts(connection, module, values):
    agree(connection, module, values)


def test_the_usual_name_is_decided_by_sql(connection):
    assert agree(connection, names, ["James", "Ann-Marie", "New York"]) == 3
    assert agree(connection, tidying, ["A-0001", "a b"]) == 2

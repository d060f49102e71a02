import time

import pytest

from pipelines.channels.wording import grammar
from pipelines.channels.wording.grammar import Moment, Value, Words
from pipelines.channels.wording.template import MissingValue, TemplateRefused, Wording
from pipelines.language import say

KNOWN = {"first_name", "email", "language", "contact_at", "gate", "client_name"}
ROW = {"first_name": "Ana", "contact_at": "2026-11-24 14:30", "language": "en"}


def read(source, language="en"):
    return Wording.read(source, language, KNOWN)


def refused(source, language="en"):
    with pytest.raises(TemplateRefused) as caught:
        read(source, language)
    return list(map(say, caught.value.sentences))


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("Hello {{ first_name }}!", "Hello Ana!"),
        ("{{ contact_at | day }} at {{ contact_at | clock }}", "Tuesday, November 24 at 2:30 PM"),
        ("{{ contact_at | date }}", "November 24, 2026"),
        ("{{ first_name | upper }} {{ first_name | lower }} {{ first_name | title }}", "ANA ana Ana"),
        ("{{ gate | default('any gate') }}", "any gate"),
        ("{% if gate %}Gate {{ gate }}{% else %}No gate{% endif %}", "No gate"),
        ("{% if gate is defined %}G{% elif contact_at and first_name == 'Ana' %}A{% endif %}", "A"),
        ("{{ 'a' if language != 'en' else first_name ~ '?' }}", "Ana?"),
        ("{# a note #}{% raw %}{{ first_name }}{% endraw %}", "{{ first_name }}"),
        ("one\r\ntwo\n", "one\ntwo"),
        ("{{ contact_at | day | upper }}", "TUESDAY, NOVEMBER 24"),
    ],
)
def test_a_text_is_filled(source, text):
    assert read(source).fill(ROW) == text


def test_dates_follow_the_language_of_the_template():
    assert (
        read("{{ contact_at | day }} à {{ contact_at | clock }}", "fr").fill(ROW)
        == "mardi 24 novembre à 14:30"
    )


@pytest.mark.parametrize("data", ["{{ 7*7 }}", "{% for x in y %}", "<script>", "{{ first_name }}", "%s {0}"])
def test_data_is_never_a_template(data):
    assert read("Hello {{ first_name }}").fill(ROW | {"first_name": data}) == f"Hello {data}"


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("Hello {{ gate }}", ["gate"]),
        ("{{ email | upper }}, gate {{ gate }}, {{ gate }}", ["email", "gate"]),
        ("{{ first_name ~ gate }}", ["gate"]),
        ("{% if first_name %}{{ gate }}{% endif %}", ["gate"]),
        ("{% if gate %}{{ gate }}{% endif %}", []),
    ],
)
def test_a_text_is_never_half_filled(source, names):
    wording = read(source)
    assert wording.missing(ROW) == names
    if names:
        with pytest.raises(MissingValue):
            wording.fill(ROW)


def test_a_date_without_a_time_lacks_only_the_time():
    wording = read("{{ contact_at | day }}, {{ contact_at | clock }}, {{ gate }}")
    assert wording.missing(ROW | {"contact_at": "2026-11-24"}) == ["contact_time", "gate"]
    assert wording.missing({}) == ["contact_at", "gate"]


@pytest.mark.parametrize(
    ("source", "pieces"),
    [
        ("", ()),
        ("Hello {{ first_name }}", (Words("Hello "), Value("first_name"))),
        ("{{ contact_at | day }}{{ gate|default('-') }}", (Moment("day"), Value("gate", "-"))),
        ("{{ first_name | upper }}", None),
        ("{% if gate %}{% endif %}", None),
        ("{{ 'x' }}", None),
    ],
)
def test_a_plain_text_is_a_row_of_pieces(source, pieces):
    assert read(source).pieces == pieces


@pytest.mark.parametrize(
    ("source", "part"),
    [
        ("{% for x in email %}{{ x }}{% endfor %}", "uses a loop on line 1"),
        ("\n{{ range(9) }}", "uses a call on line 2"),
        ("{{ first_name.upper }}", "uses a dot"),
        ("{{ first_name['__class__'] }}", "uses square brackets"),
        ("{% set a = 1 %}", "uses set"),
        ("{% with a = 1 %}{% endwith %}", "uses with"),
        ("{% macro m() %}{% endmacro %}", "uses a macro"),
        ("{% call m() %}{% endcall %}", "uses a call"),
        ("{% filter upper %}x{% endfilter %}", "uses a filter block"),
        ("{% include 'x' %}", "uses include"),
        ("{% import 'x' as y %}", "uses import"),
        ("{% from 'x' import y %}", "uses import"),
        ("{% extends 'x' %}", "uses extends"),
        ("{% block b %}{% endblock %}", "uses a block"),
        ("{{ 2 * 3 }}", "uses arithmetic"),
        ("{{ 2 ** 3 }}", "uses arithmetic"),
        ("{{ -gate }}", "uses arithmetic"),
        ("{{ [1] }}", "uses a list"),
        ("{{ {'a': 1} }}", "uses a list"),
        ("{% if gate in ['a'] %}{% endif %}", "compares on line 1 with an operator other than == and !="),
        ("{% if gate is sameas(gate) %}{% endif %}", "only “is defined” is allowed"),
        (
            "{{ first_name | attr('x') }}",
            "uses the filter attr on line 1; there are: day, date, clock, upper",
        ),
        ("{{ first_name | center(10000000) }}", "uses the filter center"),
        ("{{ gate | default }}", "gives default on line 1 an argument that it does not accept"),
        ("{{ gate | default('a', true) }}", "gives default"),
        ("{{ gate | default(email) }}", "gives default"),
        ("{{ gate | upper(email) }}", "gives upper"),
        ("{{ contact_at }}", "must say how contact_at is written on line 1"),
        ("{{ contact_at | upper }}", "must say how contact_at is written"),
        ("{% if gate %}{{ contact_at }}{% endif %}", "must say how contact_at is written"),
        ("{{ contact_at ~ gate }}", "must say how contact_at is written"),
        ("{{ gate | day }}", "uses day on line 1 on something other than contact_at"),
        ("{{ first_name", "cannot be read on line 1"),
        ("{% if gate %}", "cannot be read on line 1"),
        ("{{ gatte }}", "names gatte, which is not a known field or column. Did you mean gate?"),
        (
            "{{ zzz }}",
            "names zzz, which is not a known field or column. There are: client_name, contact_at,",
        ),
        ("{{ self }}", "names self"),
    ],
)
def test_what_is_not_listed_is_refused_by_name(source, part):
    sentences = refused(source)
    assert any(part in sentence for sentence in sentences), sentences
    assert all(sentence.startswith("The text ") for sentence in sentences)


def test_all_mistakes_are_reported_together():
    assert len(refused("{{ gatte }} {{ 2 * 3 }} {{ contact_at }}")) == 3


def test_no_such_language():
    assert refused("Hello", "english") == [
        "There is no language “english”. Write its code, such as en, fr or es."
    ]


ATTACKS = {
    "class walk": "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "class walk by filter": "{{ '' | attr('__class__') }}",
    "format": "{{ '%s' | format(first_name) }}",
    "format method": "{{ '{0.__class__}'.format(first_name) }}",
    "long string": "{{ 'a' * 10**9 }}",
    "long power": "{{ 10**10**10 }}",
    "loops": "{% for a in range(99999) %}{% for b in range(99999) %}x{% endfor %}{% endfor %}",
    "recursion": "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "doubling": "{% set a = 'aaaaaaaa' %}" + "{% set a = a ~ a %}" * 60 + "{{ a }}",
    "doubling by with": "{% with a = 'a' %}" * 40 + "{{ a ~ a }}" + "{% endwith %}" * 40,
    "deep brackets": "{{ " + "(" * 20_000 + "1" + ")" * 20_000 + " }}",
    "deep not": "{{ " + "not " * 15_000 + "gate }}",
    "deep if": "{% if gate %}" * 200 + "{% endif %}" * 200,
    "deep concat": "{{ " + " ~ ".join(["gate"] * 5_000) + " }}",
    "huge number": "{{ " + "9" * 60_000 + " }}",
    "huge source": "x" * 70_000,
    "many placeholders": "{{ gate }}" * 201,
    "globals": "{{ cycler.__init__.__globals__ }}",
    "lipsum": "{{ lipsum(n=100000) }}",
}  # fmt: skip


@pytest.mark.parametrize("source", ATTACKS.values(), ids=ATTACKS.keys())
def test_an_attack_is_refused_at_once(source):
    start = time.monotonic()
    assert refused(source)
    assert time.monotonic() - start < 2


def test_the_longest_template_with_the_longest_values_stays_small_and_quick():
    """What is allowed grows with the template and its values alone: 200 placeholders of a full spreadsheet cell."""
    source = "{{ gate | upper }}" * grammar.MAX_PLACEHOLDERS
    start = time.monotonic()
    assert len(read(source).fill({"gate": "x" * 32_767})) == 200 * 32_767
    assert time.monotonic() - start < 2


def test_the_environment_offers_nothing_that_the_grammar_does_not():
    environment = read("x")._template.environment
    assert environment.sandboxed
    assert set(environment.filters) == set(grammar.FILTERS)
    assert set(environment.tests) == {"defined"}
    assert environment.globals == {}

"""Every code with which load, clean and assemble can hold a row has its sentence in every language."""

import re

import pytest

from pipelines.language import LANGUAGES
from pipelines.language.catalogue import catalogue
from pipelines.steps.assemble.holds import CODES
from tests.language.codes import ROOT, own_words, problems, sites, trees

TREES = trees()
PROBLEMS = problems(TREES) - own_words(TREES).keys()
LACKS = {site.text for site in sites(TREES) if site.file == "pipelines/steps/clean/hold.py"}
LITERAL = re.compile(r"(?:then |^    )'([a-z_]+)'", re.MULTILINE)

# Steps, states of messages, and why a message is in its state.
NO_REASONS = {"clean", "assemble", "suppressed", "expired", "cancelled"}
NO_REASONS |= {"booked_recently", "missed_start", "no_consent", "no_window", "one_per_day"}


def in_sql(name):
    return set(LITERAL.findall((ROOT / f"sql/steps/{name}.sql").read_text())) - NO_REASONS


def test_the_list_is_complete():
    assert {"undecodable", "too_few_cells", "hidden_row", "short_number", "skipped_time"} <= PROBLEMS
    assert {"no_address", "required_empty"} == LACKS
    assert in_sql("clean/duplicates") == {"duplicate"}
    assert in_sql("assemble/messages") | in_sql("assemble/holds") == {*CODES}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_of_a_held_row_has_a_sentence(language):
    assert PROBLEMS | LACKS | {"duplicate"} | {*CODES} <= {
        one.id if isinstance(one.id, str) else one.id[0] for one in catalogue(language)
    }

"""A number and its noun agree."""

import pytest

from pipelines.domain.words import counted


@pytest.mark.parametrize(
    ("number", "words"), [(0, "0 rows"), (1, "1 row"), (2, "2 rows"), (12_345, "12,345 rows")]
)
def test_a_noun_agrees_with_its_number(number, words):
    assert counted(number, "row") == words


def test_an_irregular_plural():
    assert counted(2, "person", "people") == "2 people"
    assert counted(1, "person", "people") == "1 person"

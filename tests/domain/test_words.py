"""A number and its noun agree."""

import pytest

from pipelines.domain.words import counted


@pytest.mark.parametrize(
    ("number", "said"), [(0, "0 rows"), (1, "1 row"), (2, "2 rows"), (12_345, "12,345 rows")]
)
def test_a_noun_follows_its_number(number, said):
    assert counted(number, "row") == said


def test_a_plural_of_its_own():
    assert counted(2, "person", "people") == "2 people"
    assert counted(1, "person", "people") == "1 person"

"""Single words that are close to an entry of a list, such as a stop word with two letters swapped."""

from pipelines.domain.replies import Kind
from pipelines.replies.lists import STOP_OR_CANCEL, Lists
from pipelines.replies.normal import without_accents

MIN_LENGTH, MAX_LENGTH = 4, 16  # letters: shorter words are close to everything
LONG = 8  # letters: from here on two mistakes are allowed
MEANINGS = {Kind.STOP, Kind.START, Kind.HELP, Kind.CONFIRM, Kind.CANCEL, Kind.RESCHEDULE}


def meant_by(words: str, lists: Lists) -> Kind | None:
    """The kind that a misspelt single word is close to; the closest, and of several stop. None if it is close to none."""
    plain = without_accents(words)
    if " " in plain or not MIN_LENGTH <= len(plain) <= MAX_LENGTH:
        return None
    allowed = 2 if len(plain) >= LONG else 1
    close = sorted(
        (distance, kind != Kind.STOP, kind)
        for entry, kinds in lists.plain.items()
        if len(entry) >= MIN_LENGTH and " " not in entry and abs(len(entry) - len(plain)) <= allowed
        for distance in [edits(plain, entry)]
        if distance <= allowed
        for kind in (Kind.STOP if one == STOP_OR_CANCEL else one for one in kinds)
        if kind in MEANINGS
    )
    return Kind(close[0][2]) if close else None


def edits(one: str, other: str) -> int:
    """How many letters must be added, left out, replaced or swapped with their neighbour (optimal string alignment)."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        before_that, before, row = before, row, [i]
        for j, wanted in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != wanted))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == wanted:
                cost = min(cost, before_that[j - 2] + 1)
            row.append(cost)
    return row[-1]

"""Doubles: the same address and the same contact time. The first row stays; two different appointments of one person both stay."""

from pipelines.cleaning.rule import Rule

RULE = Rule("duplicate", "Doubles held back", ("phone", "email", "contact_at"))


def sentence(first_line: int) -> str:
    """What is said of a double, by the physical line of the row that stays."""
    return f"This row has the same address and the same time as line {first_line}, which is kept. Nobody gets the same message twice."

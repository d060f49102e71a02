"""Doubles: the same address and the same contact time. The first row stays; two different appointments of one person both stay."""

from pipelines.cleaning.rule import Rule

RULE = Rule("duplicate", "Doubles held back", ("phone", "email", "contact_at"))

# {line} is the physical line of the row that stays.
SENTENCE = "This row has the same address and the same time as line {line}, which is kept. Nobody gets the same message twice."

"""Doubles: the same address, the same contact time and the same name. The first row stays.

Two appointments of one person both stay, and so do two children who share a parent's phone.
"""

from pipelines.cleaning.rule import Rule

RULE = Rule("duplicate")

# Stands in the sentence for the physical line of the row that stays.
LINE = "{line}"
SENTENCE = "This row has the same address, time and name as line {line}, which is kept. Nobody gets the same message twice."

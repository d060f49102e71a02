"""Duplicates: the same address, the same contact time and the same name. The first row stays.

Two appointments of one person both stay, and so do two children who share a parent's phone.
"""

from pipelines.cleaning.rule import Rule
from pipelines.language import Sentence, say

RULE = Rule("duplicate")

# Stands in the sentence for the physical line of the row that stays.
LINE = "{line}"
SENTENCE = say(Sentence("duplicate", {"line": LINE}))

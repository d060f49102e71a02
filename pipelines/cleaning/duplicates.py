"""Duplicates: the same address, the same contact time and the same name. The first row stays.

Two appointments of one person both stay, and so do two children who share a parent's phone.
"""

from pipelines.cleaning.rule import Rule

RULE = Rule("duplicate")

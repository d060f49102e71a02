"""E-mail addresses, checked without the network."""

import pytest

from pipelines.cleaning.email_address import clean
from pipelines.cleaning.rule import Cleaned, Problem, Setting

SETTING = Setting("US", "en", "UTC")


@pytest.mark.parametrize(
    ("value", "address", "note"),
    [
        ("Ann.Lee@Example.COM", "Ann.Lee@example.com", None),
        (" ann@example.com ", "ann@example.com", None),
        ("ann\u200b@example.com", "ann@example.com", None),
        ("ann@example.com.", "ann@example.com", "address_cut_out"),
        ("Ann Lee <ann@example.org>", "ann@example.org", "address_cut_out"),
        ("mailto:ann@example.net", "ann@example.net", "address_cut_out"),
        ("ann@münchen.de", "ann@xn--mnchen-3ya.de", None),
        ("o'neil+tag@example.com", "o'neil+tag@example.com", None),
    ],
)
def test_usable_addresses(value, address, note):
    assert clean(value, SETTING) == Cleaned(address, note)


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("ann", "not_an_email"),
        ("ann@", "not_an_email"),
        ("ann@example", "not_an_email"),
        ("ann@example..com", "not_an_email"),
        ("ann lee@example.com", "not_an_email"),
        ("ann@exa_mple.com", "not_an_email"),
        ("ann@example.com\r\nBcc: all@example.com", "two_addresses"),
        ("ann@example.com, bob@example.com", "two_addresses"),
        ("ann@nowhere.invalid", "reserved_domain"),
        ("ann@a.TEST", "reserved_domain"),
        ("root@localhost", "reserved_domain"),
        ("zoé@example.com", "unicode_mailbox"),
    ],
)
def test_unusable_addresses(value, code):
    problem = clean(value, SETTING)
    assert isinstance(problem, Problem)
    assert problem.code == code

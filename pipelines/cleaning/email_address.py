"""E-mail addresses: the syntax of RFC 5321 and 5322 as email-validator reads it, without DNS."""

import re

from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email

from pipelines.cleaning.rule import Cleaned, FastPath, Problem, Rule, Setting
from pipelines.cleaning.text import tidy

_DISPLAY = re.compile(r"[^<>]*<([^<>]+)>")
_BETWEEN = re.compile(r"[\s,;/|<>()\[\]]+")  # several addresses
_SURROUNDING = " \t.,;:<>\"'()[]"
# RFC 2606: mail to these domains reaches nobody. example.com, .org and .net are allowed, because people use them for trials.
_RESERVED_DOMAIN = re.compile(rf"(?:^|\.)(?:{'|'.join(map(re.escape, SPECIAL_USE_DOMAIN_NAMES))})$")

_NOT_AN_EMAIL = Problem("not_an_email")
_TWO_ADDRESSES = Problem("two_addresses")
_UNREACHABLE = Problem("reserved_domain")
_UNICODE_MAILBOX = Problem("unicode_mailbox")


def clean(value: str, _setting: Setting) -> Cleaned | Problem:
    """The address with its domain in lower case and ASCII (punycode); the part before the @ is unchanged."""
    text = tidy(value)
    named = _DISPLAY.fullmatch(text)
    address = (named.group(1) if named else text).strip(_SURROUNDING)
    if address.lower().startswith("mailto:"):
        address = address[len("mailto:") :]
    if address.count("@") > 1 and re.search(r"[\s,;/]", address):
        return _TWO_ADDRESSES
    _, _, domain = address.rpartition("@")
    if _RESERVED_DOMAIN.search(domain.lower()):
        return _UNREACHABLE
    try:
        valid = validate_email(address, check_deliverability=False)
    except EmailNotValidError:
        return _NOT_AN_EMAIL
    if valid.ascii_email is None:
        return _UNICODE_MAILBOX
    return Cleaned(valid.ascii_email, note=None if address == text else "address_cut_out")


def addresses_in(value: str, setting: Setting) -> set[str]:
    """The usable addresses in a cell, also where `clean` finds none to use: among words, or several."""
    if "@" not in value:
        return set()
    cleaned = clean(value, setting)
    if isinstance(cleaned, Cleaned):
        return {cleaned.value} if cleaned.value else set()
    parts = (clean(part, setting) for part in _BETWEEN.split(tidy(value)) if "@" in part)
    return {part.value for part in parts if isinstance(part, Cleaned) and part.value}


def fast(cell: str, _setting: Setting) -> FastPath:
    """The common shape: ASCII letters, digits and a few signs, up to 64 characters, no `--` (punycode), no reserved domain."""
    local = "[A-Za-z0-9_%+-]+(?:[.][A-Za-z0-9_%+-]+)*"
    label = "[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*"
    reserved = ", ".join(f"'{name}'" for name in SPECIAL_USE_DOMAIN_NAMES if "." not in name)
    return FastPath(
        f"case when length({cell}) <= 64 and {cell} ~ cast(:email_shape as text)"
        f" and lower(split_part({cell}, '.', -1)) not in ({reserved})"
        f" then case when {cell} = lower({cell}) then {cell}"
        f" else split_part({cell}, '@', 1) || '@' || lower(split_part({cell}, '@', 2) collate \"C\") end end",
        {"email_shape": f"^{local}@(?:{label}[.])+[A-Za-z]{{2,}}$"},
    )


RULE = Rule("email", clean, fast)

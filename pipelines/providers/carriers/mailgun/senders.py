"""What a sender of e-mail looks like: an address, or a name with an address (RFC 5322, 3.4)."""

import re

_WORD = r"[\w!#$%&'*+/=?^`{|}~-]+"
_ADDRESS = rf"{_WORD}(?:\.{_WORD})*@(?:[a-zA-Z0-9-]+\.)+[a-zA-Z0-9-]+"
PATTERN = rf"{_ADDRESS}|[^\s<>][^<>]{{0,99}} <{_ADDRESS}>"

_NAMED = re.compile(r"(?P<name>.+?) +(?P<address><[^<>]+>)")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_SPECIAL = re.compile(r'[()\[\]:;@\\,."]')  # `specials`: outside quotes, a comma would end the address


def quote_name(sender: str) -> str:
    """The sender with its name in quotes if the name needs them, as in "Harbour Clinic, Inc." <hello@example.com>."""
    named = _NAMED.fullmatch(sender)
    if named is None or _QUOTED.fullmatch(named["name"]) or not _SPECIAL.search(named["name"]):
        return sender
    name = re.sub(r'(["\\])', r"\\\1", named["name"])
    return f'"{name}" {named["address"]}'

"""Recipient variables: values for each person, substituted into the texts of a call.

https://documentation.mailgun.com/docs/mailgun/user-manual/sending-messages/batch-sending
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

PLACEHOLDER = re.compile(r"%recipient(?:\.([^%\s]+))?%")

Filler = Callable[[str, Mapping[str, Any]], str]


def read_variables(source: str) -> dict[str, dict[str, Any]]:
    """The variables by address. Raises ValueError in Mailgun's words."""
    try:
        variables = json.loads(source)
    except ValueError as error:
        raise ValueError("'recipient-variables' is not valid JSON") from error
    if not isinstance(variables, dict) or not all(isinstance(own, dict) for own in variables.values()):
        raise ValueError("'recipient-variables' must be a dictionary of dictionaries")
    return variables


def filler(template: str) -> Filler:
    """A function that substitutes one person's values, once: placeholders within values are not substituted."""
    parts = PLACEHOLDER.split(template)  # text, name, text, name, … text; a bare %recipient% has no name
    if len(parts) == 1:
        return lambda _to, _own: template
    if len(parts) == 3 and not parts[0] and not parts[2] and parts[1]:
        name = parts[1]
        return lambda _to, own: str(own.get(name, template))

    def filled(to: str, own: Mapping[str, Any]) -> str:
        pieces = [
            part if number % 2 == 0 else to if part is None else str(own.get(part, f"%recipient.{part}%"))
            for number, part in enumerate(parts)
        ]
        return "".join(pieces)

    return filled

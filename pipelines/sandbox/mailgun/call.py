"""Reads one call to Mailgun into a message for each recipient."""

import re
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import getaddresses

from pipelines.sandbox.journal import Accepted
from pipelines.sandbox.mailgun.fates import fate_of
from pipelines.sandbox.mailgun.variables import filler, read_variables

MAX_RECIPIENTS = 1000
MAX_OPTIONS = 16 * 1024  # bytes of all o:, h:, v: and t: fields
PLAIN = re.compile(r"[^\s@<>,;:\"()\[\]]+@[^\s@<>,;:\"()\[\]]+\.[^\s@<>,;:\"()\[\].]+")
# Parts of the content, and their form fields.
PARTS = (
    ("body", "text"),
    ("subject", "subject"),
    ("html", "html"),
    ("list_unsubscribe", "h:List-Unsubscribe"),
    ("list_unsubscribe_post", "h:List-Unsubscribe-Post"),
)


def read_call(
    form: Mapping[str, list[str]], service: str, domain: str, webhook: str | None
) -> Sequence[Accepted]:
    """The messages of a call, in the order of its recipients. Raises ValueError in Mailgun's words."""
    recipients = _recipients(form.get("to", []))
    _check(form)
    variables = read_variables(form.get("recipient-variables", ["{}"])[0])
    fillers = [(part, filler(form[field][0])) for part, field in PARTS if form.get(field, [""])[0]]
    fill_attempt = filler(form.get("v:attempt", [""])[0])
    now, sender = time.time(), form["from"][0]
    call = f"{datetime.fromtimestamp(now, UTC):%Y%m%d%H%M%S}.{secrets.token_hex(8)}@{domain}"
    messages = []
    for to in recipients:
        own = variables.get(to, {})
        content = {part: fill(to, own) for part, fill in fillers}
        attempt = fill_attempt(to, own) or None
        messages.append(
            Accepted(call, service, "email", now, to, sender, content, fate_of(to), attempt, webhook)
        )
    return messages


def _check(form: Mapping[str, list[str]]) -> None:
    sender = form.get("from", [""])[0]
    if not PLAIN.fullmatch(_bare(sender)):
        raise ValueError("'from' parameter is not a valid address. please check documentation")
    if not form.get("text", [""])[0] and not form.get("html", [""])[0]:
        raise ValueError("Need at least one of 'text', 'html', 'amp-html' or 'template' parameters specified")
    if sum(_option_sizes(form)) > MAX_OPTIONS:
        raise ValueError("total size of options and variables exceeds 16KB")


def _option_sizes(form: Mapping[str, list[str]]) -> Iterator[int]:
    for name, values in form.items():
        if name[:2] in {"o:", "h:", "v:", "t:"}:
            for value in values:
                yield len(name) + len(value.encode())


def _recipients(fields: Sequence[str]) -> list[str]:
    recipients = [_bare(one) for field in fields for one in field.split(",")]
    if not recipients or any(PLAIN.fullmatch(to) is None for to in recipients):
        raise ValueError("'to' parameter is not a valid address. please check documentation")
    unique = list(dict.fromkeys(recipients))
    if len(unique) > MAX_RECIPIENTS:
        raise ValueError("too many recipients: the limit is 1000")
    return unique


def _bare(address: str) -> str:
    if "<" not in address:
        return address.strip()
    return getaddresses([address])[0][1]

"""Twilio's incoming messages: what people write to one of our numbers.

Facts: https://www.twilio.com/docs/messaging/guides/webhook-request and https://help.twilio.com/articles/223134027 (opt-out words)
"""

import re

from pipelines.domain.replies import InboundReply
from pipelines.domain.sending import HookRequest
from pipelines.providers.carriers.reported import MAX_ADDRESS, MAX_REFERENCE, MAX_REPLY, short
from pipelines.providers.carriers.twilio.callbacks import INBOUND, Form

LONG_CODE = re.compile(r"\+[1-9][0-9]{6,14}")
TOLL_FREE = re.compile(r"\+1(?:800|833|844|855|866|877|888)[0-9]{7}")
SHORT_CODE = re.compile(r"[0-9]{3,8}")


def read_reply(provider: str, channel: str, prefix: str, request: HookRequest) -> InboundReply:
    """The one message of a call; `prefix` is what Twilio writes before both numbers on this channel.

    Raises ValueError when it is not an incoming message of this channel.
    """
    form = Form(request.body)
    sid = short(form.one("MessageSid") or form.one("SmsSid"), MAX_REFERENCE)
    sender, to = short(form.one("From"), MAX_ADDRESS), short(form.one("To"), MAX_ADDRESS)
    if not sid or not sender or not to or form.one("SmsStatus") not in INBOUND:
        raise ValueError("not an incoming message of Twilio")
    own = [to.removeprefix(prefix), short(form.one("MessagingServiceSid"), MAX_REFERENCE)]
    person = sender.removeprefix(prefix)
    if not sender.startswith(prefix) or ":" in person:
        raise ValueError("a message of another channel of Twilio")
    return InboundReply(
        provider=provider,
        unique_key=f"{provider} {sid}",  # signed; Twilio repeats a call with the same one
        channel=channel,
        to=tuple(address for address in own if address),
        sender=person,
        body=(form.one("Body") or "")[:MAX_REPLY],
        raw=form,
    )


def confirms_opt_out(sender: str) -> bool:
    """Twilio answers STOP and START on long codes and pools, the network does on toll-free numbers; nobody does on a short code."""
    return SHORT_CODE.fullmatch(sender) is None


def yes_lifts_stop(number: str) -> bool:
    """Twilio lifts its block on long codes; the network, which blocks for toll-free numbers, does not."""
    return LONG_CODE.fullmatch(number) is not None and TOLL_FREE.fullmatch(number) is None

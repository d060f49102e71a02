"""Plivo's incoming messages: what people write to one of our numbers. https://www.plivo.com/docs/messaging/use-cases/receive-messages"""

from pipelines.domain.replies import InboundReply
from pipelines.domain.sending import HookRequest
from pipelines.providers.carriers.plivo.callbacks import fields, international
from pipelines.providers.carriers.reported import MAX_ADDRESS, MAX_REFERENCE, MAX_REPLY, short


def read_reply(provider: str, request: HookRequest) -> InboundReply:
    """The one message of a call. Raises ValueError when it is not an incoming message."""
    raw = fields(request)
    form = {name: values[0] for name, values in raw.items()}
    reference = short(form.get("MessageUUID"), MAX_REFERENCE)
    sender, to = short(form.get("From"), MAX_ADDRESS), short(form.get("To"), MAX_ADDRESS)
    if not reference or not sender or not to or "Text" not in form or "Status" in form:
        raise ValueError("not an incoming message of Plivo")
    return InboundReply(
        provider=provider,
        unique_key=f"{provider} {reference}",  # Plivo repeats a call with the same one
        channel="sms",
        to=tuple(
            dict.fromkeys((international(to), to))
        ),  # a long short code looks like a number without its plus sign
        sender=international(sender),
        body=form["Text"][:MAX_REPLY],
        raw=raw,
    )

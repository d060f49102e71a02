"""The body of one call to Mailgun, for up to a thousand people."""

import json
from collections.abc import Sequence

from urllib3.filepost import encode_multipart_formdata

from pipelines.domain.sending import CannotBeSent, Outgoing

# RFC 8058: a mail program shows a button, and unsubscribes with one POST to the person's own address.
ONE_CLICK = {
    "h:List-Unsubscribe": "<%recipient.unsubscribe%>",
    "h:List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
}


def encode(messages: Sequence[Outgoing], sender: str) -> tuple[bytes, str]:
    """The body of a batch call and its content type. Raises CannotBeSent for a batch that Mailgun would mix up.

    All text that differs goes into recipient-variables, so the options take only a few bytes of their 16 KB.
    Multipart, not urlencoded: quoting a megabyte of text costs more than everything else here combined.
    """
    variables: dict[str, dict[str, str]] = {}
    mailboxes = set()
    for message in messages:
        if "," in message.address or "\n" in message.address:
            raise CannotBeSent("an address with a comma or a line break would become two recipients")
        mailboxes.add(message.address.lower())
        variables[message.address] = {
            "attempt": str(message.attempt_id),
            "subject": message.subject or "",
            "text": message.body,
        }
        if message.unsubscribe_url:
            variables[message.address]["unsubscribe"] = message.unsubscribe_url
    if len(mailboxes) != len(messages):
        raise CannotBeSent(
            "an address twice in one Mailgun call: recipient-variables would merge the two messages"
        )
    fields = {
        "from": sender,
        "to": ", ".join(variables),
        "subject": "%recipient.subject%",
        "text": "%recipient.text%",
        "v:attempt": "%recipient.attempt%",
        "recipient-variables": json.dumps(variables, ensure_ascii=False),
    }
    if all(message.unsubscribe_url for message in messages):
        fields |= ONE_CLICK
    if len(messages) == 1:
        fields |= {f"h:{name}": value for name, value in (messages[0].headers or {}).items()}
    return encode_multipart_formdata(fields)

"""A person's answer as one of Mailgun's routes passes it on.

https://documentation.mailgun.com/docs/mailgun/user-manual/receive-forward-store/receive-http
"""

import json
import secrets
from email.utils import formatdate, parseaddr

from pipelines.sandbox.journal import Accepted


def reply_form(message: Accepted, text: str) -> dict[str, str]:
    """The fields of the answer to a message, without the signature."""
    recipient = parseaddr(message.sender)[1]
    subject = f"Re: {message.content.get('subject', '')}"
    quoted = "\n".join(f"> {line}" for line in message.content.get("body", "").splitlines())
    headers = {
        "Message-Id": f"<{secrets.token_hex(12)}@{message.to.rpartition('@')[2]}>",
        "In-Reply-To": f"<{message.id}>",
        "References": f"<{message.id}>",
        "From": message.to,
        "To": message.sender,
        "Subject": subject,
        "Date": formatdate(),
    }
    return {
        "recipient": recipient,
        "sender": message.to,
        "from": message.to,
        "subject": subject,
        "body-plain": f"{text}\n\nOn {headers['Date']}, {recipient} wrote:\n{quoted}",
        "stripped-text": text,
        "stripped-signature": "",
        "message-headers": json.dumps(list(headers.items())),
        "Message-Id": headers["Message-Id"],
        "In-Reply-To": headers["In-Reply-To"],
        "References": headers["References"],
    }

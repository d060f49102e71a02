"""WhatsApp over Twilio's API: `whatsapp:` before both numbers, and the footer below the text.

Facts: https://www.twilio.com/docs/whatsapp/api
"""

from collections.abc import Mapping
from typing import ClassVar

from pipelines.domain.sending import Outgoing
from pipelines.providers.carriers.twilio import Twilio


class TwilioWhatsApp(Twilio):
    name: ClassVar[str] = "twilio_whatsapp"
    channels: ClassVar[frozenset[str]] = frozenset({"whatsapp"})
    sender_pattern: ClassVar[str] = r"\+[1-9]\d{6,14}"
    sender_form: ClassVar[str] = "a number such as +14155238886"
    sandbox_senders: ClassVar[Mapping[str, str]] = {"whatsapp": "+14155238886"}
    address_prefix: ClassVar[str] = "whatsapp:"

    def content(self, message: Outgoing) -> dict[str, str]:
        footer = (message.parts or {}).get("footer")
        return {"body": f"{message.body}\n\n{footer}" if footer else message.body}

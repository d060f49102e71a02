"""WhatsApp over Twilio's API: `whatsapp:` before both numbers, the headline above the text and the footer below it.

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
        parts = message.parts or {}
        texts = (parts.get("headline"), message.body, parts.get("footer"))
        return {"body": "\n\n".join(text for text in texts if text)}

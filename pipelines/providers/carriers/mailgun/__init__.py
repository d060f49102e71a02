"""Mailgun: up to 1,000 recipients per call, each with their own text; webhooks signed over timestamp and token.

Facts: https://documentation.mailgun.com/docs/mailgun/user-manual/sending-messages/batch-sending and .../webhooks
"""

from pipelines.providers.carriers.mailgun.carrier import Mailgun

__all__ = ["Mailgun"]

"""Mailgun: up to 1,000 recipients a call, each with words of their own; webhooks signed over timestamp and token.

Facts: https://documentation.mailgun.com/docs/mailgun/user-manual/sending-messages/batch-sending and .../webhooks
"""

from pipelines.providers.carriers.mailgun.carrier import Mailgun

__all__ = ["Mailgun"]

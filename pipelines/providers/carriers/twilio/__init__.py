"""Twilio: one message per call, through Twilio's own library; status callbacks with X-Twilio-Signature.

Facts: https://www.twilio.com/docs/messaging/api/message-resource and https://www.twilio.com/docs/usage/security
"""

from pipelines.providers.carriers.twilio.carrier import Twilio

__all__ = ["Twilio"]

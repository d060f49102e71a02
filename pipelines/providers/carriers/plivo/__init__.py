"""Plivo: one message per call, as JSON; status callbacks with X-Plivo-Signature-V3 or V2.

Facts: https://www.plivo.com/docs/messaging/api/messages/ and https://www.plivo.com/docs/messaging/concepts/signature-validation
"""

from pipelines.providers.carriers.plivo.carrier import Plivo

__all__ = ["Plivo"]

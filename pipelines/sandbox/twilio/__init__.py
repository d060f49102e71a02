"""Twilio: SMS, and every channel that it marks with a prefix (`whatsapp:`, `messenger:`, `rcs:` …)."""

from pipelines.sandbox.twilio.service import Twilio

SERVICE = Twilio

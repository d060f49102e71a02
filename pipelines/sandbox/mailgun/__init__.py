"""Mailgun: e-mail to up to 1,000 people per call, and the list of events."""

from pipelines.sandbox.mailgun.service import Mailgun

SERVICE = Mailgun

"""Plivo: SMS."""

from pipelines.sandbox.plivo.service import Plivo

SERVICE = Plivo

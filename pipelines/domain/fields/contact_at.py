"""The moment of the appointment or event, from one column with date and time, or from `contact_date` and `contact_time`."""

import re

from pipelines.domain.field import Field, Look
from pipelines.domain.fields.contact_date import DATE

FIELD = Field(
    name="contact_at",
    title="date and time",
    synonyms={
        "en": (
            "appointment", "appointment at", "appointment date time", "appointment datetime",
            "appointment date and time", "appt", "appt datetime", "appt date time", "datetime", "date time",
            "date and time", "start", "starts at", "start time and date", "scheduled at", "event datetime",
            "timestamp",
        ),
        "fr": (
            "rendez vous", "rdv", "date et heure", "date heure", "date et heure du rendez vous", "date heure rdv",
            "date et heure rdv",
        ),
        "es": ("cita", "fecha y hora", "fecha hora", "fecha y hora de la cita"),
    },
    order=80,
    rule="time",
    column="timestamptz",
    text_column="local_at",
    looks=Look(re.compile(DATE.removesuffix(r"\s*") + r"[T ,]+\d{1,2}[:h]\d{2}.*"), "a date with a time"),
)  # fmt: skip

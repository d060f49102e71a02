"""The date of the appointment or event, if it has its own column."""

import re

from pipelines.domain.field import Field, Look

DATE = r"\s*(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4})\s*"

FIELD = Field(
    name="contact_date",
    title="date",
    synonyms={
        "en": (
            "date", "day", "appointment date", "appointment day", "appt date", "visit date", "event date",
            "start date", "due date", "scheduled date", "booking date", "date of appointment", "meeting date",
            "session date",
        ),
        "fr": (
            "jour", "date rdv", "date du rdv", "date rendez vous", "date du rendez vous", "date de rendez vous",
            "date de visite",
        ),
        "es": ("fecha", "dia", "fecha cita", "fecha de cita", "fecha de la cita", "fecha de visita"),
    },
    order=90,
    rule="date",
    part_of="contact_at",
    empty="clean_row.contact_at is null",
    looks=Look(re.compile(DATE), "a date"),
)  # fmt: skip

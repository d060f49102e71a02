"""The moment at which the contact was booked. Local times are those of the contact's time zone."""

from pipelines.domain.field import PAST_MOMENT, Field

FIELD = Field(
    name="booked_at",
    title="time of booking",
    synonyms={
        "en": (
            "booked on", "date booked", "booked datetime", "booking made at", "booking made on", "booking created at",
            "booking created on", "appointment booked at", "appointment booked on", "appointment made at",
            "appointment made on", "reserved at", "reserved on",
        ),
        "fr": ("reserve le", "rdv pris le", "rendez vous pris le", "date de prise de rdv", "date de prise de rendez vous"),
        "es": ("reservado el", "cita reservada el", "cita pedida el", "fecha en que se reservo"),
    },
    order=98,
    rule=PAST_MOMENT,
    column="timestamptz",
)  # fmt: skip

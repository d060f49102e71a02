"""The time of day of the appointment or event, if it has its own column."""

from pipelines.domain.field import Field

FIELD = Field(
    name="contact_time",
    title="time",
    synonyms={
        "en": (
            "time", "hour", "appointment time", "appt time", "visit time", "event time", "start time",
            "scheduled time", "booking time", "time of appointment", "meeting time", "session time",
        ),
        "fr": (
            "heure", "heure rdv", "heure du rdv", "heure rendez vous", "heure du rendez vous", "heure de rendez vous",
            "horaire",
        ),
        "es": ("hora", "hora cita", "hora de cita", "hora de la cita", "horario"),
    },
    order=95,
    rule="time",
    part_of="contact_at",
    empty="(clean_row.local_at is null or length(clean_row.local_at) = length('YYYY-MM-DD'))",
)  # fmt: skip

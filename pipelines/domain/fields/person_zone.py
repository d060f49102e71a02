"""The time zone of the person: when messages may go out. The times in the file are those of the place of the contact."""

from pipelines.domain.field import Field

FIELD = Field(
    name="person_zone",
    title="time zone of the person",
    synonyms={
        "en": ("time zone", "timezone", "tz", "patient time zone", "contact time zone"),
        "fr": ("fuseau horaire", "fuseau"),
        "es": ("zona horaria", "huso horario"),
    },
    order=75,
    rule="zone",
)

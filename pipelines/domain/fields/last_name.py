"""The last name."""

from pipelines.domain.field import Field

FIELD = Field(
    name="last_name",
    title="last name",
    synonyms={
        "en": ("last", "lastname", "lname", "surname", "family name", "patient last name"),
        "fr": ("nom", "nom de famille", "nom du patient", "nom patient"),
        "es": ("apellido", "apellidos", "primer apellido"),
    },
    order=30,
    rule="name",
    is_name=True,
)  # fmt: skip

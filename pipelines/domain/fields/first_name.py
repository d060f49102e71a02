"""The first name."""

from pipelines.domain.field import Field

FIELD = Field(
    name="first_name",
    title="first name",
    synonyms={
        "en": ("first", "firstname", "fname", "given name", "given names", "forename", "christian name", "patient first name"),
        "fr": ("prenom", "prenoms", "prenom du patient", "prenom patient"),
        "es": ("nombre", "nombres", "nombre de pila", "primer nombre"),
    },
    order=20,
    rule="name",
    is_name=True,
)  # fmt: skip

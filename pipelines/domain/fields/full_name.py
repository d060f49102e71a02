"""The whole name in one column, for files that do not split it."""

from pipelines.domain.field import Field

FIELD = Field(
    name="full_name",
    title="name",
    synonyms={
        "en": (
            "name", "fullname", "customer", "customer name", "client", "client name", "patient", "patient name",
            "contact name",
        ),
        "fr": ("nom complet", "nom et prenom", "nom prenom", "prenom nom"),
        "es": ("nombre completo", "nombre y apellidos", "cliente", "paciente"),
    },
    order=40,
    rule="name",
    is_name=True,
)  # fmt: skip

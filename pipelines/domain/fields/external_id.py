"""The business's own number for a person or a case."""

from pipelines.domain.field import Field

FIELD = Field(
    name="external_id",
    title="number",
    synonyms={
        "en": (
            "id", "ref", "reference", "external id", "customer id", "customer number", "client id", "client number",
            "patient id", "patient number", "mrn", "member id", "member number", "contact id", "record id",
            "appointment id", "account number",
        ),
        "fr": (
            "numero client", "numero patient", "n client", "identifiant", "id client", "id patient", "dossier",
            "numero dossier",
        ),
        "es": ("codigo", "id cliente", "numero de cliente", "id paciente", "numero de paciente", "referencia", "expediente"),
    },
    order=10,
    rule="tidied",
)  # fmt: skip

"""The language of the messages to a person."""

from pipelines.domain.field import Field

FIELD = Field(
    name="language",
    title="language",
    synonyms={
        "en": ("lang", "locale", "preferred language", "language code", "spoken language"),
        "fr": ("langue", "langue preferee", "code langue"),
        "es": ("idioma", "lengua", "idioma preferido"),
    },
    order=70,
    rule="language",
    fallback="language",
)  # fmt: skip

"""The postcode of a British address."""

from pipelines.domain.field import Field

FIELD = Field(
    name="postcode",
    title="postcode",
    synonyms={
        "en": ("post code", "postal code", "zip"),
        "fr": ("code postal",),
        "es": ("codigo postal",),
    },
    rule="postcode",
)

"""The postcode of an address."""

from pipelines.domain.field import Field

FIELD = Field(
    name="postcode",
    title="postcode",
    synonyms={"en": ("post code", "zip"), "fr": ("code postal",), "es": ("codigo postal",)},
    rule="postcode",
)

"""How many people are expected."""

from pipelines.domain.field import Field

FIELD = Field(
    name="seats",
    title="number of seats",
    synonyms={"en": ("seats", "party size"), "fr": ("places",), "es": ("asientos",)},
    rule="whole_number",
    column="integer",
)

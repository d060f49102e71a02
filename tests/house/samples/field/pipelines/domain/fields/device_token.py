"""The token by which the client's app reaches a person's device."""

from pipelines.domain.field import Field

FIELD = Field(
    name="device_token",
    title="device's token",
    synonyms={"en": ("push token",), "fr": ("jeton appareil",), "es": ("token del dispositivo",)},
    rule="tidied",
    is_address=True,
)

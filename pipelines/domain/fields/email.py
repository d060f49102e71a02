"""The e-mail address."""

import re

from pipelines.domain.field import Field, Look

FIELD = Field(
    name="email",
    title="e-mail address",
    synonyms={
        "en": ("email", "mail", "e mail", "email address", "mail address", "e mail address", "email 1"),
        "fr": ("courriel", "adresse email", "adresse e mail", "adresse mail", "adresse electronique", "mel"),
        "es": ("correo", "correo electronico", "direccion de correo", "direccion email", "e correo"),
    },
    order=60,
    rule="email",
    is_address=True,
    looks=Look(re.compile(r"\s*[^@\s]+@[^@\s]+\.[^@\s]+\s*"), "an e-mail address"),
)  # fmt: skip

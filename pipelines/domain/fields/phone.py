"""The mobile number. `clean_row.can_text` says whether a text can reach it, `phone_country` where it belongs (ISO 3166)."""

import re

from pipelines.domain.field import Field, Look
from pipelines.domain.fields.contact_date import DATE

FIELD = Field(
    name="phone",
    title="mobile number",
    synonyms={
        "en": (
            "phone", "mobile", "cell", "cellphone", "cell phone", "cell number", "mobile phone", "mobile number",
            "mobile no", "phone number", "phone no", "phone 1", "tel", "tel no", "telephone", "telephone number",
            "sms", "sms number", "whatsapp", "contact number", "msisdn", "handy", "gsm",
        ),
        "fr": (
            "telephone portable", "tel portable", "portable", "numero de telephone", "numero telephone",
            "numero portable", "num tel", "n telephone", "mobile patient",
        ),
        "es": (
            "telefono", "telefono movil", "movil", "celular", "numero de telefono", "numero de movil", "numero movil",
            "telefono celular",
        ),
    },
    order=50,
    rule="e164",
    is_address=True,
    looks=Look(re.compile(rf"(?!{DATE}\Z)(?=(?:\D*\d){{8,15}}\D*$)\s*\+?[\d\s().\-\u00a0]+"), "a phone number"),
)  # fmt: skip

"""What a person wrote in an e-mail: without the quoted message below it and without a signature."""

import re

# The line that mail programs write above the quoted message, in our languages, or a separator.
QUOTE_BEGINS = re.compile(
    r"^(?:>|On .{5,200} wrote:|Le .{5,200} a écrit\s?:|El .{5,200} escribió:|Vào .{5,200} đã viết:"
    r"|-{3,}\s?(?:Original Message|Message d'origine|Mensaje original|Forwarded message)|_{10,}|From: .+|De ?: .+@)",
    re.IGNORECASE,
)
SIGNATURE = re.compile(
    r"^(?:--\s?$|Sent from my |Envoyé de mon |Enviado desde mi |Get Outlook for )", re.IGNORECASE
)


def own_words(text: str) -> str:
    """The lines up to the quoted message or the signature."""
    kept = []
    for line in text.splitlines():
        if QUOTE_BEGINS.match(line.strip()) or SIGNATURE.match(line.strip()):
            break
        kept.append(line)
    return "\n".join(kept).strip()

"""Files to download."""

import unicodedata
from urllib.parse import quote

from flask import Response


def attach(answer: Response, name: str) -> None:
    """RFC 6266: an ASCII name for old programs, the exact one for all others, because headers are limited to Latin-1."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    exact = {"filename*": f"UTF-8''{quote(name, safe='')}"}
    answer.headers.set("Content-Disposition", "attachment", filename=plain, **exact)

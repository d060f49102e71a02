"""Reads the two encodings of a form."""

import re
from urllib.parse import parse_qsl

_NAME = re.compile(rb'content-disposition:[^\r\n]*?[; ]name="([^"]*)"', re.IGNORECASE)
_BOUNDARY = re.compile(r'boundary="?([^";,]+)"?')


def read_form(body: bytes, content_type: str) -> dict[str, list[str]]:
    """The values of each field, in order. Raises ValueError for a malformed body."""
    fields: dict[str, list[str]] = {}
    pairs = (
        _multipart(body, content_type)
        if content_type.startswith("multipart/form-data")
        else parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=5000)
    )
    for name, value in pairs:
        fields.setdefault(name, []).append(value)
    return fields


def _multipart(body: bytes, content_type: str) -> list[tuple[str, str]]:
    """RFC 7578, for fields that fit in memory. Splits the body, which is much faster than parsing it byte by byte."""
    boundary = _BOUNDARY.search(content_type)
    if boundary is None:
        raise ValueError("multipart without a boundary")
    mark = b"--" + boundary[1].encode()
    pairs: list[tuple[str, str]] = []
    for part in (b"\r\n" + body).split(b"\r\n" + mark)[1:]:
        if part.startswith(b"--"):
            return pairs
        head, separator, value = part.partition(b"\r\n\r\n")
        name = _NAME.search(head)
        if not separator or name is None:
            raise ValueError("a part of the form has no name")
        pairs.append((name[1].decode(), value.decode()))
    raise ValueError("the form is truncated")

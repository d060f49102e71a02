"""Decodes bytes without losing any: an invalid byte becomes a mark by which its row is found."""

import codecs
import io


# A byte 0xNN that cannot be decoded becomes U+DCNN, which no decoder produces and no valid text contains.
def _mark(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    return "".join(chr(0xDC00 + byte) for byte in error.object[error.start : error.end]), error.end


def _replace_lone(error: UnicodeError) -> tuple[bytes, int]:
    assert isinstance(error, UnicodeEncodeError)
    return "\ufffd".encode() * (error.end - error.start), error.end


codecs.register_error("mark_bytes", _mark)
codecs.register_error("replace_lone", _replace_lone)


def decoder(encoding: str) -> codecs.IncrementalDecoder:
    """A decoder that never fails and drops a byte order mark."""
    codec = "utf-8-sig" if encoding == "utf-8" else encoding
    return codecs.getincrementaldecoder(codec)(errors="mark_bytes")


def is_marked(text: str) -> bool:
    """Whether the text contains a byte that could not be decoded."""
    if text.isascii():
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def physical_lines(text: str) -> list[str]:
    """The lines with their ends: LF, CRLF or CR, even mixed. No other character ends a line."""
    return list(io.StringIO(text, newline=""))


def cut_at_line_end(text: str) -> tuple[str, str]:
    """Whole lines, and the rest. A CR at the very end does not count as a line end, because an LF may follow."""
    end = text.rfind("\n") + 1
    if not end:
        end = text.rfind("\r", 0, len(text) - 1) + 1
    return text[:end], text[end:]

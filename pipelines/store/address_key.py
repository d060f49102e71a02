"""The key of the keyed hashes of addresses, as PostgreSQL's sessions know it (docs/decisions/0031)."""

import hashlib
import hmac

BLOCK = 64  # bytes of a block of SHA-256 (RFC 2104: the key is padded to it)
INNER, OUTER = 0x36, 0x5C


def session_options(key: str) -> str:
    """Libpq's `options` that give a session the two padded forms of the key, for `address_hash` in migration 0025.

    A key is at most 64 bytes long.
    """
    block = key.encode().ljust(BLOCK, b"\0")
    pads = {"inner": INNER, "outer": OUTER}
    settings = {name: bytes(byte ^ pad for byte in block).hex() for name, pad in pads.items()}
    return " ".join(f"-c packetboat.hash_{name}={value}" for name, value in settings.items())


def address_hash(key: str, comparable: str) -> bytes:
    """The keyed hash of an address in comparable form: HMAC-SHA256, like the function in the database."""
    return hmac.digest(key.encode(), comparable.encode(), hashlib.sha256)

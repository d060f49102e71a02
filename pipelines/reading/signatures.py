"""Recognises files that are not text by their first bytes, whatever their name."""

import re

from pipelines.errors import PacketRefused
from pipelines.language import Sentence

_PACKED = (
    (rb"\x1f\x8b", "gzip"),
    (rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)", "bzip2"),
    (rb"\xfd7zXZ\0", "xz"),
    (rb"\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18", "Zstandard"),
    (rb"7z\xbc\xaf\x27\x1c", "7-Zip"),
    (rb"Rar!\x1a\x07", "RAR"),
    (rb"\x04\x22\x4d\x18", "LZ4"),
    (rb"LZIP[\0\x01]", "lzip"),
    (rb"\x5d\0\0[\0-\xff]{2}", "LZMA"),
    (rb"\x1f[\x9d\xa0]", "compress"),
    (rb"MSCF\0\0\0\0", "CAB"),
    (rb"[\0-\xff]{257}ustar", "tar"),
)
_OTHERS = (
    (rb"%PDF|%!PS", Sentence("kind_document")),
    (rb"\{\\rtf", Sentence("kind_rich_text", {"format": "RTF"})),
    (rb"\xff\xd8\xff", Sentence("kind_picture", {"format": "JPEG"})),
    (rb"\x89PNG", Sentence("kind_picture", {"format": "PNG"})),
    (rb"GIF8[79]a", Sentence("kind_picture", {"format": "GIF"})),
    (rb"RIFF[\0-\xff]{4}WEBP", Sentence("kind_picture", {"format": "WebP"})),
    (rb"II\*\0|MM\0\*", Sentence("kind_picture", {"format": "TIFF"})),
    (rb"BM[\0-\xff]{4}\0\0\0\0", Sentence("kind_picture", {"format": "BMP"})),
    (rb"[\0-\xff]{4}ftyp", Sentence("kind_video_or_picture")),
    (rb"ID3[\x02-\x04]|OggS\0|RIFF[\0-\xff]{4}(?:WAVE|AVI )", Sentence("kind_sound_or_video")),
    (rb"SQLite format 3\0", Sentence("kind_database", {"format": "SQLite"})),
    (rb"\0[\x01\0]\0\0Standard (?:Jet|ACE) DB", Sentence("kind_database", {"format": "Access"})),
    (rb"PAR1[\x15\0-\x08]", Sentence("kind_data_file", {"format": "Parquet"})),
    (rb"ORC[\0-\x08]", Sentence("kind_data_file", {"format": "ORC"})),
    (rb"Obj\x01", Sentence("kind_data_file", {"format": "Avro"})),
    (rb"ARROW1\0\0|FEA1\0", Sentence("kind_data_file", {"format": "Arrow"})),
    (rb"\x89HDF\r\n\x1a\n", Sentence("kind_data_file", {"format": "HDF5"})),
    (rb"\x7fELF|MZ[\0-\xff]\0|\xfe\xed\xfa|\xcf\xfa\xed\xfe", Sentence("kind_program")),
    (rb"-----BEGIN PGP|\x85[\x01-\x04]\x0c\x03", Sentence("kind_encrypted_file", {"format": "PGP"})),
)
_PACKED_PATTERNS = [(re.compile(pattern), name) for pattern, name in _PACKED]
_OTHER_PATTERNS = [(re.compile(pattern), kind) for pattern, kind in _OTHERS]


def refuse_by_signature(start: bytes) -> None:
    """Raise PacketRefused if the first bytes are those of a compressed file, a document, a picture, a database or a program."""
    for pattern, name in _PACKED_PATTERNS:
        if pattern.match(start):
            raise PacketRefused("compressed_file", format=name)
    for pattern, kind in _OTHER_PATTERNS:
        if pattern.match(start):
            raise PacketRefused("unknown_kind", kind=kind)

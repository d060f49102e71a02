"""Files that are no text at all, told by their first bytes, whatever they are called."""

import re

from pipelines.errors import PacketRefused

AS_CSV = "Save it as CSV (UTF-8) or as XLSX and upload that file."
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
    (rb"%PDF|%!PS", "a PDF or PostScript document"),
    (rb"\{\\rtf", "a text document (RTF)"),
    (rb"\xff\xd8\xff", "a picture (JPEG)"),
    (rb"\x89PNG", "a picture (PNG)"),
    (rb"GIF8[79]a", "a picture (GIF)"),
    (rb"RIFF[\0-\xff]{4}WEBP", "a picture (WebP)"),
    (rb"II\*\0|MM\0\*", "a picture (TIFF)"),
    (rb"BM[\0-\xff]{4}\0\0\0\0", "a picture (BMP)"),
    (rb"[\0-\xff]{4}ftyp", "a video or a picture"),
    (rb"ID3[\x02-\x04]|OggS\0|RIFF[\0-\xff]{4}(?:WAVE|AVI )", "a sound or a video"),
    (rb"SQLite format 3\0", "a database (SQLite)"),
    (rb"\0[\x01\0]\0\0Standard (?:Jet|ACE) DB", "a database (Access)"),
    (rb"PAR1[\x15\0-\x08]", "a data file (Parquet)"),
    (rb"ORC[\0-\x08]", "a data file (ORC)"),
    (rb"Obj\x01", "a data file (Avro)"),
    (rb"ARROW1\0\0|FEA1\0", "a data file (Arrow)"),
    (rb"\x89HDF\r\n\x1a\n", "a data file (HDF5)"),
    (rb"\x7fELF|MZ[\0-\xff]\0|\xfe\xed\xfa|\xcf\xfa\xed\xfe", "a program"),
    (rb"-----BEGIN PGP|\x85[\x01-\x04]\x0c\x03", "an encrypted file (PGP)"),
)
_PATTERNS = [
    *((re.compile(pattern), name, True) for pattern, name in _PACKED),
    *((re.compile(pattern), name, False) for pattern, name in _OTHERS),
]


def refuse_by_signature(start: bytes) -> None:
    """Raise PacketRefused for what its first bytes tell to be packed, or a document, a picture, a database, a program."""
    for pattern, name, packed in _PATTERNS:
        if not pattern.match(start):
            continue
        if packed:
            raise PacketRefused(
                f"This is a packed file ({name}). Unpack it and upload the CSV or XLSX file itself.",
                code="compressed_file",
            )
        raise PacketRefused(f"This is {name}, not a list of rows. {AS_CSV}", code="unknown_kind")

"""The number of segments of a text, computed independently: an oracle must not share code with what it checks.

GSM 03.38 basic table and extension; 160 and 153 septets, 70 and 67 UTF-16 units (3GPP TS 23.038 and 23.040).
"""

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED = frozenset("^{}\\[~]|€\f")
_GSM = BASIC | EXTENDED


def segments(body: str) -> int:
    """The segments of one text message; an empty text has one."""
    if _GSM.issuperset(body):
        units, single, part = len(body) + sum(map(EXTENDED.__contains__, body)), 160, 153
    else:
        units, single, part = len(body.encode("utf-16-le", "surrogatepass")) // 2, 70, 67
    return 1 if units <= single else -(-units // part)

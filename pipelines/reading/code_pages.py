"""The code pages that a text file may be in, by Python's names for them, with the words in which a person chooses one."""

import codecs
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CodePage:
    """`regions` (ISO 3166) are those whose older programs write it."""

    name: str
    title: str
    regions: str = ""


CODE_PAGES = (
    CodePage("cp1252", "Western European (Windows)"),
    CodePage("mac_roman", "Western European (old Mac)"),
    CodePage("iso8859_15", "Western European (ISO 8859-15)"),
    CodePage("cp850", "Western European (DOS)"),
    CodePage("cp1250", "Central European (Windows)", "AL BA CZ HR HU ME PL RO RS SI SK"),
    CodePage("iso8859_2", "Central European (ISO 8859-2)", "CZ HU PL"),
    CodePage("cp1251", "Cyrillic (Windows)", "BG BY KG KZ MK RS RU TJ UA UZ"),
    CodePage("koi8_r", "Cyrillic (KOI8-R)", "RU"),
    CodePage("cp866", "Cyrillic (DOS)", "RU"),
    CodePage("cp1253", "Greek (Windows)", "CY GR"),
    CodePage("cp1254", "Turkish (Windows)", "AZ TR"),
    CodePage("cp1255", "Hebrew (Windows)", "IL"),
    CodePage("cp1256", "Arabic (Windows)", "AE BH DZ EG IQ IR JO KW LB LY MA OM PK QA SA SY TN YE"),
    CodePage("cp1257", "Baltic (Windows)", "EE LT LV"),
    CodePage("cp1258", "Vietnamese (Windows)", "VN"),
    CodePage("cp874", "Thai (Windows)", "TH"),
    CodePage("cp932", "Japanese (Shift-JIS)", "JP"),
    CodePage("euc_jp", "Japanese (EUC)", "JP"),
    CodePage("gb18030", "Chinese, simplified (GB 18030)", "CN SG"),
    CodePage("cp950", "Chinese, traditional (Big5)", "HK MO TW"),
    CodePage("cp949", "Korean (Windows)", "KR"),
    CodePage("utf-8", "UTF-8"),
)
BY_NAME = {page.name: page for page in CODE_PAGES}
# What people call the same or a smaller set of characters; WHATWG's Encoding Standard reads them alike.
_SAME = {
    "ascii": "utf-8", "utf-8-sig": "utf-8", "iso8859-1": "cp1252", "iso8859-9": "cp1254",
    "shift_jis": "cp932", "gb2312": "gb18030", "gbk": "gb18030", "big5": "cp950", "euc_kr": "cp949", "koi8-r": "koi8_r",
    "mac-roman": "mac_roman", "iso8859-2": "iso8859_2", "iso8859-15": "iso8859_15",
}  # fmt: skip


def known(name: str) -> str | None:
    """The code page that somebody means by a name (`Shift_JIS`, `windows-1251`); None when we read no such one."""
    try:
        found = codecs.lookup(name.strip()).name
    except (LookupError, ValueError):
        return None
    found = _SAME.get(found, found)
    return found if found in BY_NAME else None


def of_region(region: str) -> tuple[str, ...]:
    """The code pages that files of this region are in when they are not UTF-8; none where that is the Western one."""
    return tuple(page.name for page in CODE_PAGES if region in page.regions.split())

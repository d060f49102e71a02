"""The code pages that a text file may be in: Python's name, and a title for the person who chooses one."""

import codecs
from dataclasses import dataclass

from pipelines.language import Sentence


@dataclass(frozen=True, slots=True)
class CodePage:
    """`regions` (ISO 3166) are those where older programs write it."""

    name: str
    title: Sentence
    regions: str = ""


CODE_PAGES = (
    CodePage("cp1252", Sentence("code_page_western", {"variant": "Windows"})),
    CodePage("mac_roman", Sentence("code_page_western", {"variant": "Mac OS Roman"})),
    CodePage("iso8859_15", Sentence("code_page_western", {"variant": "ISO 8859-15"})),
    CodePage("cp850", Sentence("code_page_western", {"variant": "DOS"})),
    CodePage("cp1250", Sentence("code_page_central_european", {"variant": "Windows"}), "AL BA CZ HR HU ME PL RO RS SI SK"),
    CodePage("iso8859_2", Sentence("code_page_central_european", {"variant": "ISO 8859-2"}), "CZ HU PL"),
    CodePage("cp1251", Sentence("code_page_cyrillic", {"variant": "Windows"}), "BG BY KG KZ MK RS RU TJ UA UZ"),
    CodePage("koi8_r", Sentence("code_page_cyrillic", {"variant": "KOI8-R"}), "RU"),
    CodePage("cp866", Sentence("code_page_cyrillic", {"variant": "DOS"}), "RU"),
    CodePage("cp1253", Sentence("code_page_greek", {"variant": "Windows"}), "CY GR"),
    CodePage("cp1254", Sentence("code_page_turkish", {"variant": "Windows"}), "AZ TR"),
    CodePage("cp1255", Sentence("code_page_hebrew", {"variant": "Windows"}), "IL"),
    CodePage("cp1256", Sentence("code_page_arabic", {"variant": "Windows"}), "AE BH DZ EG IQ IR JO KW LB LY MA OM PK QA SA SY TN YE"),
    CodePage("cp1257", Sentence("code_page_baltic", {"variant": "Windows"}), "EE LT LV"),
    CodePage("cp1258", Sentence("code_page_vietnamese", {"variant": "Windows"}), "VN"),
    CodePage("cp874", Sentence("code_page_thai", {"variant": "Windows"}), "TH"),
    CodePage("cp932", Sentence("code_page_japanese", {"variant": "Shift-JIS"}), "JP"),
    CodePage("euc_jp", Sentence("code_page_japanese", {"variant": "EUC"}), "JP"),
    CodePage("gb18030", Sentence("code_page_chinese_simplified", {"variant": "GB 18030"}), "CN SG"),
    CodePage("cp950", Sentence("code_page_chinese_traditional", {"variant": "Big5"}), "HK MO TW"),
    CodePage("cp949", Sentence("code_page_korean", {"variant": "Windows"}), "KR"),
    CodePage("utf-8", Sentence("code_page_unicode", {"variant": "UTF-8"})),
)  # fmt: skip
BY_NAME = {page.name: page for page in CODE_PAGES}
# Names of the same or a smaller character set; WHATWG's Encoding Standard treats them alike.
_ALIASES = {
    "ascii": "utf-8", "utf-8-sig": "utf-8", "iso8859-1": "cp1252", "iso8859-9": "cp1254",
    "shift_jis": "cp932", "gb2312": "gb18030", "gbk": "gb18030", "big5": "cp950", "euc_kr": "cp949", "koi8-r": "koi8_r",
    "mac-roman": "mac_roman", "iso8859-2": "iso8859_2", "iso8859-15": "iso8859_15",
}  # fmt: skip


def canonical_name(name: str) -> str | None:
    """The code page with this name (`Shift_JIS`, `windows-1251`), or None if it is not supported."""
    try:
        codec = codecs.lookup(name.strip()).name
    except (LookupError, ValueError):
        return None
    page = _ALIASES.get(codec, codec)
    return page if page in BY_NAME else None


def of_region(region: str) -> tuple[str, ...]:
    """The code pages of files from this region that are not UTF-8; empty where that is the Western one."""
    return tuple(page.name for page in CODE_PAGES if region in page.regions.split())

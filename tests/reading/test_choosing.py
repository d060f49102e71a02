"""The encoding in which a text file is read, and what is shown when a person has to choose it."""
# ruff: noqa: RUF001 -- letters of other scripts are what is tested

import tracemalloc

import pytest

from pipelines.errors import PacketRefused
from pipelines.reading import EncodingUnsure, Hints, choosing, evidence, open_rows
from pipelines.reading.code_pages import BY_NAME, canonical_name
from tests.reading.reading import file_of, read, rows_of

HEADER = "last_name,note,phone\n"
RUSSIAN = ["Иванов", "Петрова", "Смирнов", "Кузнецова"]


def table(names, note="x"):
    return HEADER + "".join(f"{name},{note},{number}\n" for number, name in enumerate(names))


def choices(folder, content, **hints):
    with pytest.raises(EncodingUnsure) as unsure:
        read(folder, content, hints=Hints(**hints))
    return {reading.encoding: reading for reading in unsure.value.readings}


@pytest.mark.parametrize("encoding", ["cp1251", "koi8_r", "cp866"])
def test_three_names_are_shown_in_each_reading(tmp_path, encoding):
    readings = choices(tmp_path, table(RUSSIAN * 3, note="счёт 5").encode(encoding))
    assert readings[encoding].samples == tuple(RUSSIAN[:3])
    assert readings[encoding].title.startswith("Cyrillic")
    assert 1 <= len(readings) <= 4
    assert len({reading.samples for reading in readings.values()}) == len(readings)


def test_a_code_page_of_a_quoted_and_semicolon_file(tmp_path):
    content = 'last_name;phone\n"山田, 太郎";1\n佐藤;2\n'.encode("cp932")
    assert choices(tmp_path, content)["cp932"].samples == ("山田, 太郎", "佐藤")


def test_the_likeliest_comes_first(tmp_path):
    assert next(iter(choices(tmp_path, table(RUSSIAN * 10).encode("koi8_r")))) == "koi8_r"
    assert (
        next(iter(choices(tmp_path, table(["Łukasz", "Dąbrowska", "Świątek"]).encode("cp1250")))) == "cp1250"
    )
    assert next(iter(choices(tmp_path, table(["王伟", "李娜"]).encode("gb18030"), region="CN"))) == "gb18030"


def test_samples_can_be_shown_safely(tmp_path):
    names = ["Иванов\x1b[31m" + "в" * 100, "Иван\u0000ов", "<b>Пётр"]
    for reading in choices(tmp_path, table(names).encode("cp1251", "replace")).values():
        for sample in reading.samples:
            assert sample.isprintable()
            assert len(sample) <= 40
            assert sample.encode()


def test_western_names_of_a_client_elsewhere_are_asked_about(tmp_path):
    content = table(["Begoña", "José"]).encode("cp1252")
    assert read(tmp_path, content)[0].dialect["encoding"] == "cp1252"
    readings = choices(tmp_path, content, region="PL")
    assert readings["cp1250"].samples == ("Begońa", "José")
    assert readings["cp1252"].samples == ("Begoña", "José")


def test_where_the_readings_agree_there_is_nothing_to_ask(tmp_path):
    _, rows = read(tmp_path, table(["Zoë", "José"]).encode("cp1250"), hints=Hints(region="PL"))
    assert [cells[0] for _, cells, _ in rows] == ["Zoë", "José"]


def test_a_settled_encoding_is_not_decided_again(tmp_path):
    content = table(RUSSIAN).encode("cp1251")
    opened, rows = read(tmp_path, content, settled="koi8_r")
    assert opened.dialect["encoding"] == "koi8_r"
    assert rows[0][1][0] == RUSSIAN[0].encode("cp1251").decode("koi8_r")


def test_a_byte_order_mark_overrides_the_stated_encoding(tmp_path):
    opened, _ = read(tmp_path, table(["Zoë"]).encode("utf-8-sig"), hints=Hints("cp932"))
    assert opened.dialect["encoding"] == "utf-8"


def test_plain_ascii_is_never_asked_about(tmp_path):
    assert read(tmp_path, table(["Ann"]), hints=Hints("cp932", region="JP"))[0].dialect["encoding"] == "utf-8"


@pytest.mark.parametrize("note", ["5°C", "£5", "café", "😀", "«café»", "ZoÃ«", "→", "и", "Ян", "ΰ."])
def test_a_little_of_anything_in_utf8_is_utf8(tmp_path, note):
    assert read(tmp_path, table(["Ann"], note=f"{note} Zoë"))[0].dialect["encoding"] == "utf-8"
    if note not in {"и", "ΰ."}:  # a single such letter may also be Chinese
        assert read(tmp_path, table(["Ann"], note=note))[0].dialect["encoding"] == "utf-8"


def test_a_chinese_name_that_is_valid_utf8_by_accident_is_asked_about(tmp_path):
    content = table(["伟"]).encode("gb18030")
    assert content.decode()  # a Greek letter
    assert choices(tmp_path, content)["gb18030"].samples == ("伟",)
    assert rows_of(file_of(tmp_path, content), hints=Hints("gb18030"))[1][0][1][0] == "伟"


def test_a_cut_character_at_the_end_of_a_file_spoils_only_its_row(tmp_path):
    _, rows = read(tmp_path, table(["Zoë"] * 5).encode() + "Renée".encode()[:4])
    assert [code for _, _, code in rows] == [None] * 5 + ["undecodable"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_end_is_counted(tmp_path, end):
    content = end.join(["name,phone", *["Zoë,1"] * 9, ""]).encode() + b"Jos\xe9,2" + end.encode()
    _, rows = read(tmp_path, content)
    assert [code for _, _, code in rows] == [None] * 9 + ["undecodable"]


def test_a_character_over_the_edge_of_two_blocks(tmp_path, monkeypatch):
    content = table(["Zoë", "Renée"] * 50).encode() + b"Jos\xe9,x,1\n"
    for block in (1, 2, 3, 7, 64):
        monkeypatch.setattr(evidence, "_BLOCK", block)
        assert choosing.choose(file_of(tmp_path, content), Hints()) == "utf-8"


def test_memory_does_not_depend_on_the_size_of_the_file(tmp_path):
    path = file_of(
        tmp_path,
        table([f"Jos\u00e9{'e' * (number % 50)}{number}" for number in range(400_000)]).encode("cp1252"),
    )
    tracemalloc.start()
    assert choosing.choose(path, Hints()) == "cp1252"
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 30 * 2**20 < 3 * path.stat().st_size


def test_the_sentence_contains_nothing_from_the_file(tmp_path):
    path = file_of(tmp_path, table(RUSSIAN).encode("cp1251"))
    with pytest.raises(EncodingUnsure) as unsure, open_rows(path):
        pass
    assert str(unsure.value).isascii()
    assert "send it again" in str(unsure.value)


def test_an_encoding_that_spoils_most_rows_is_refused(tmp_path):
    with pytest.raises(PacketRefused, match=r"not text in Japanese \(Shift-JIS\)") as refused:
        read(tmp_path, table(["Zoë", "Chloë"]).encode("cp1252"), hints=Hints("cp932"))
    assert refused.value.code == "encoding_wrong"


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Shift_JIS", "cp932"),
        ("windows-1251", "cp1251"),
        ("latin-1", "cp1252"),
        ("GBK", "gb18030"),
        ("KOI8-R", "koi8_r"),
        (" utf8 ", "utf-8"),
    ],
)
def test_names_that_people_write(written, name):
    assert canonical_name(written) == name


@pytest.mark.parametrize("name", ["rot13", "unicode_escape", "idna", "utf-7", "", "\0", "é"])
def test_unknown_names(name):
    assert canonical_name(name) is None


@pytest.mark.parametrize("encoding", sorted(BY_NAME))
def test_no_code_page_swallows_a_line_end(tmp_path, encoding):
    content = b"".join(bytes((byte,)) + b"\n" for byte in range(128, 256)) + b"end\n"
    _, rows = read(tmp_path, b"name\n" + content, settled=encoding)
    assert [line for line, _, _ in rows][-1] == 130

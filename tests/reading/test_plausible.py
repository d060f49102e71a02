"""Words in the right encoding are plausible, in a wrong one they are not."""
# ruff: noqa: RUF001 -- letters of other scripts are what is tested

import pytest

from pipelines.reading.plausible import is_plausible, is_western, words

WESTERN = [
    "Zoë",
    "Müller",
    "José",
    "Núñez",
    "François",
    "Lefèvre",
    "Renée",
    "Hélène",
    "Geneviève",
    "Agnès",
    "Ève",
    "Peña",
    "Muñoz",
    "Begoña",
    "Anaïs",
    "Loïc",
    "João",
    "Simões",
    "Magalhães",
    "Søren",
    "Bjørn",
    "Jørgen",
    "Øystein",
    "Håkan",
    "Åsa",
    "Lætitia",
    "Benoît",
    "Noël",
    "RENéE",
    "D’Arcy",
    "Jérôme",
    "Thérèse",
    "très",
    "père",
    "bibliothèque",
    "collègue",
    "même",
    "fête",
    "être",
    "cœur",
    "n°5",
    "5€",
    "2º",
    "m²",
    "à",
    "«",
    "Noël’s",
    "l’été",
    "Straße",
]
OTHERS = {
    "cp1250": "Łukasz Małgorzata Dąbrowska Jiří Dvořák Żaneta Świątek Kamiński Kovač Horáček Ivanović Kučera Čapek Černý Němec Věra"
    " Erdős Gergő Fűzi Tomášek Řezníč Kępa Ondřej Kříž Jiřina Mądry Ćosić Krčmar Martinů Petřík Gdańsk Gołębiewska Michał",
    "mac_roman": "Zoë Müller José Núñez François Lefèvre Renée Íñigo García Jörg Élodie JOSÉ HÉLÈNE",
    "cp850": "Zoë Müller José Núñez François Renée Óscar García Díaz Sánchez Martín",
    "cp1251": "Иванов Ян Петрова Юлия ИВАНОВ",
    "koi8_r": "Иванов Ян Петрова Юлия ИВАНОВ",
    "cp866": "Иванов Ян Петрова",
    "cp932": "太郎 山田 佐藤 ﾔﾏﾀﾞ はな ヤマダ 李 太",
    "gb18030": "王伟 李娜 张 伟",
    "cp949": "김민준 이 박",
    "cp950": "陳怡君 林",
    "cp1254": "Yılmaz Şahin Çağlar Gürşahin",
    "cp1257": "Bērziņš Žukauskas",
    "cp1253": "Παπαδόπουλος Μαρία",
    "cp1255": "כהן לוי",
    "cp1256": "محمد فاطمة",
}
PAIRS = [(encoding, name) for encoding, names in OTHERS.items() for name in names.split()]


@pytest.mark.parametrize("language", ["en", "fr", "es", "de", "vi"])
@pytest.mark.parametrize("word", [word for word in WESTERN if not word.isascii()])
def test_western_words(word, language):
    assert is_western(word, language)


@pytest.mark.parametrize(("encoding", "name"), PAIRS, ids=[f"{encoding} {name}" for encoding, name in PAIRS])
def test_a_name_in_another_code_page_is_never_taken_for_western(encoding, name):
    wrong = name.encode(encoding).decode("cp1252", "replace")
    assert not all(is_western(word, "en") for word in words(wrong))
    assert all(is_plausible(word) for word in words(name)), "in the right encoding it is plausible"


@pytest.mark.parametrize(
    ("word", "language"),
    [("Nicolò", "it"), ("Þórður", "is"), ("Conceição", "pt"), ("Août", "fr"), ("là", "fr")],
)
def test_letters_that_only_one_language_has(word, language):
    assert is_western(word, language)
    assert word == "Conceição" or not is_western(word, "en")


@pytest.mark.parametrize(
    "word", ["ZoÎ", "JosŽ", "£ukasz", "M³ody", "Zoй", "J騁", "иВАНОВ", "‘¾˜Y", "Î°", "Ã«", "Zo\udce9"]
)
def test_implausible_words(word):
    assert not is_plausible(word)


def test_a_no_break_space_does_not_split_a_word():
    assert words("S\u00a0nchez") == ["S\u00a0nchez"]
    assert words("Ann Lee") == []
    assert words("Zoë Müller-Núñez, Ann") == ["Zoë", "Müller", "Núñez"]

"""A sentence becomes text in the reader's language, with numbers, plurals and lists in the style of that language."""

import pytest
from structlog.testing import capture_logs

from pipelines import language
from pipelines.language import catalogue, language_for, say
from pipelines.language.sentence import Sentence

HEADER = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n\n'
ENGLISH = """
msgid "held"
msgid_plural "held"
msgstr[0] "{n} row of {file} is held."
msgstr[1] "{n} rows of {file} are held."

msgid "ways"
msgstr "Reach them by {ways:or}. {why}"

msgid "only_english"
msgstr "Said in English."

msgid "too_large"
msgstr "{size:bytes}, {share:percent}, {at:moment}, port {port:plain}"

msgid "no_words_for_code"
msgstr "No text for {code}."
"""
FRENCH = """
msgid "held"
msgid_plural "held"
msgstr[0] "{n} ligne de {file} est retenue."
msgstr[1] "{n} lignes de {file} sont retenues."

msgid "ways"
msgstr "Joignez-les par {ways:or}. {why}"

msgid "too_large"
msgstr "{size:bytes}, {share:percent}, {at:moment}, port {port:plain}"
"""
VIETNAMESE = """
msgid "held"
msgid_plural "held"
msgstr[0] "{n} dòng của {file} bị giữ lại."
"""


@pytest.fixture(autouse=True)
def _catalogues(tmp_path, monkeypatch):
    for name, text in {"en": ENGLISH, "fr": FRENCH, "vi": VIETNAMESE}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "probe.po").write_text(HEADER + text, encoding="utf-8")
    monkeypatch.setattr(catalogue, "FOLDER", tmp_path)
    catalogue.translations.cache_clear()
    yield
    catalogue.translations.cache_clear()


@pytest.mark.parametrize(
    ("language_code", "count", "words"),
    [
        ("en", 1, "1 row of a.csv is held."),
        ("en", 0, "0 rows of a.csv are held."),
        ("en", 12345, "12,345 rows of a.csv are held."),
        ("fr", 0, "0 ligne de a.csv est retenue."),
        ("fr", 12345, "12\u202f345 lignes de a.csv sont retenues."),
        ("vi", 12345, "12.345 dòng của a.csv bị giữ lại."),
    ],
)
def test_numbers_and_plurals_follow_the_language(language_code, count, words):
    assert say(Sentence("held", {"n": count, "file": "a.csv"}), language_code) == words


def test_a_list_and_a_sentence_within_a_sentence():
    inner = Sentence("held", {"n": 2, "file": "{n}"})
    sentence = Sentence("ways", {"ways": ["SMS", "e-mail", "voice"], "why": inner})
    assert say(sentence) == "Reach them by SMS, e-mail, or voice. 2 rows of {n} are held."
    assert say(sentence, "fr") == "Joignez-les par SMS, e-mail ou voice. 2 lignes de {n} sont retenues."


def test_formats():
    sentence = Sentence(
        "too_large",
        {
            "size": 1_500_000,
            "share": 0.125,
            "at": "2026-11-21T16:40:00-05:00[America/New_York]",
            "port": 8070,
        },
    )
    assert say(sentence) == "1.4 MB, 12.5%, Nov 21, 2026, 4:40\u202fPM EST, port 8070"
    assert say(sentence, "fr") == "1,4\u202fMo, 12,5\u00a0%, 21 nov. 2026, 16:40 HNE, port 8070"


def test_english_replaces_a_missing_sentence_but_not_its_inner_sentences():
    assert say(Sentence("only_english"), "fr") == "Said in English."
    inner = Sentence("held", {"n": 2, "file": "f"})
    assert (
        say(Sentence("ways", {"ways": ["a"], "why": inner}), "vi")
        == "Reach them by a. 2 dòng của f bị giữ lại."
    )


@pytest.mark.parametrize(
    ("sentence", "reason"),
    [
        (Sentence("nothing"), "no catalogue in pipelines/language has the code 'nothing'"),
        (Sentence("held", {"n": 1}), "'file'"),
        (
            Sentence("too_large", {"size": 1, "share": 0.5, "at": "noon", "port": 1}),
            "not a moment with its zone",
        ),
        (Sentence("ways", {"ways": 5, "why": "x"}), "not iterable"),
    ],
)
def test_what_has_no_words_names_its_code_and_is_logged_once(sentence, reason):
    language._log_unknown.cache_clear()
    with capture_logs() as logged:
        assert [say(sentence, "fr") for _ in range(2)] == [f"No text for {sentence.code}."] * 2
    (line,) = logged
    assert (line["event"], line["code"], line["log_level"]) == (
        "sentence_without_words",
        sentence.code,
        "error",
    )
    assert reason in line["reason"]


def test_a_sentence_keeps_its_words_around_an_inner_one_without():
    sentence = Sentence("ways", {"ways": ["SMS"], "why": Sentence("nothing")})
    assert say(sentence) == "Reach them by SMS. No text for nothing."


def test_two_catalogues_have_the_same_words_for_a_message(tmp_path):
    second = tmp_path / "en" / "second.po"
    second.write_text(HEADER + 'msgid "only_english"\nmsgstr "Said in English."\n')
    assert catalogue.catalogue("en")["only_english"].string == "Said in English."
    second.write_text(HEADER + 'msgid "only_english"\nmsgstr "x"\n')
    with pytest.raises(ValueError, match=r"second\.po has other words for 'only_english'"):
        catalogue.catalogue("en")


@pytest.mark.parametrize(
    ("tags", "language_code"),
    [((None, "fr-CA", "en"), "fr"), (("tlh", "vi"), "vi"), (("tlh",), "en"), ((), "en"), (("fr_FR",), "fr")],
)
def test_the_first_supported_language(tags, language_code):
    assert language_for(*tags) == language_code
    assert set(language.LANGUAGES) >= {"en", "fr", "vi"}


def test_a_stored_sentence_is_read_back():
    inner = Sentence("held", {"n": 2, "file": "f"})
    kept = Sentence("ways", {"ways": ["a", inner], "why": inner}).to_json()
    assert kept["params"]["why"] == {"code": "held", "params": {"n": 2, "file": "f"}}
    assert Sentence.from_json(kept["code"], kept["params"]) == Sentence(
        "ways", {"ways": ["a", inner], "why": inner}
    )
    assert Sentence.from_json("held", None) == Sentence("held")

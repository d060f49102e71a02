"""Every sentence has a code, every code has a sentence in every language, and every translation has all placeholders."""

import re
from io import BytesIO
from string import Formatter

import pytest
from babel import Locale
from babel.messages.pofile import read_po

from pipelines.actions.alarms import MAILED
from pipelines.channels import channels
from pipelines.domain.fields import BY_NAME, title_of
from pipelines.domain.replies import Kind
from pipelines.domain.suppression import Reason
from pipelines.events.waiting import ALARMED, PROVIDER_TROUBLE
from pipelines.language import LANGUAGES, Sentence, _words
from pipelines.language.catalogue import FOLDER, catalogue
from pipelines.language.vocabulary import Heading
from pipelines.language.wording import _FORMATS
from pipelines.providers.carriers import carriers
from pipelines.reports.billing import ALARMS
from pipelines.reports.marks import KINDS
from pipelines.reports.messages import SEVERAL_STATES
from pipelines.reports.needs import INVESTIGATE_FIRST, RANK
from pipelines.reports.pauses import SCOPES
from pipelines.reports.quality import EXPECTATIONS
from pipelines.reports.unknown import REASONS
from pipelines.states import STEPS, CallState, MessageState, Outcome, PacketState
from tests.language.codes import ROOT, Site, own_words, sites, trees

TREES = trees()
SITES = sites(TREES)
# Codes that are composed: the prefix, and everything that may follow.
FAMILIES = {
    "breaker_because_": PROVIDER_TROUBLE,
    "call_state_": tuple(CallState),
    "channel_": tuple(channels()),
    "check_": EXPECTATIONS,
    "expected_": EXPECTATIONS,
    "field_": tuple(BY_NAME),
    "heading_": tuple(Heading),
    "lane_waits_": ("due_later", "limit_reached", *ALARMED),
    "messages_still_": ("unknown", "sending", "ready"),
    "mark_": KINDS,
    "message_state_": tuple(MessageState),
    "missed_": EXPECTATIONS,
    "need_": tuple(RANK),
    "alarm_": ALARMS,
    "alarm_advice_": MAILED,
    "alarm_subject_": MAILED,
    "outcome_": tuple(Outcome),
    "packet_state_": tuple(PacketState),
    "part_": tuple({part.name for channel in channels().values() for part in channel.parts}),
    "pause_of_": SCOPES,
    "purpose_": STEPS,
    "remedy_": tuple(RANK.keys() - INVESTIGATE_FIRST),
    "reply_answer_": ("stop", "start", "help"),
    "reply_kind_": tuple(Kind),
    "sender_form_": tuple(carriers()),
    "shown_": SEVERAL_STATES,
    "step_": STEPS,
    "suppressed_": (*Reason, "no_consent", "suppressed"),
    "unknown_": REASONS,
}
# The English words that a file brings along; other languages have them only if they are translated.
OWN = own_words(TREES) | {
    sentence.code: sentence.params["text"]
    for sentence in (
        *(channel.as_sentence for channel in channels().values()),
        *(part.as_sentence for channel in channels().values() for part in channel.parts),
        *(carrier.sender_described() for carrier in carriers().values()),
        *(title_of(name) for name in BY_NAME),
    )
}
MEMBERS = {f"{prefix}{member}" for prefix, members in FAMILIES.items() for member in members} - OWN.keys()
# These pass on a sentence, or make one from a stored code.
KEEPERS = {"pipelines/cli/demo_story.py", "pipelines/errors.py", "pipelines/reading/xlsx_process.py"}
VALUES = {
    "bytes": 3_000_000,
    "moment": "2026-11-21T16:40:00+00:00[UTC]",
    "money": "12345 USD",
    "or": ["a", "b"],
    "path": ["a", "b"],
    "percent": 0.5,
    "plain": 8070,
    "sum": ["a", "b"],
    "text": ["a", "b"],
}


def forms(language):
    """The texts of each code in `language`: one, or one for each plural form."""
    return {
        message.id[0] if isinstance(message.id, tuple) else message.id: message.string
        if isinstance(message.string, tuple)
        else (message.string,)
        for message in catalogue(language)
        if message.id
    }


WORDS = {language: forms(language) for language in LANGUAGES}
SAID_TWICE = OWN.keys() & WORDS["en"].keys()


def in_shared_catalogues():
    """The codes in catalogues that English has, too: these are complete in every language. A newcomer's own translation stands alone."""
    shared = {file.name for file in (FOLDER / "en").glob("*.po")}
    files = [file for file in FOLDER.glob("*/*.po") if file.name in shared]
    return {message.id for file in files for message in read_po(BytesIO(file.read_bytes())) if message.id}


TRANSLATED = OWN.keys() & {code for code in in_shared_catalogues() if isinstance(code, str)}
WORDS["en"] |= {code: (text,) for code, text in OWN.items()}


def holes(text):
    """The placeholders of a text, each with its format."""
    return {(name, form) for _, name, form, _ in Formatter().parse(text) if name is not None}


def used():
    """The codes that need a catalogue, each with a place that uses it."""
    literal = {site.text: site.place for site in SITES if site.kind == "code" and site.text not in OWN}
    beside_words = {
        site.text: site.place for site in SITES if site.kind == "beside" and site.text in WORDS["en"]
    }
    families = dict.fromkeys(MEMBERS | TRANSLATED, "a family")
    return literal | beside_words | families | dict.fromkeys(in_sql(), "SQL")


def in_sql():
    files = (*(ROOT / "sql").rglob("*.sql"), *(ROOT / "sql").rglob("*.py"))
    return {found for file in files for found in re.findall(r"'([a-z_]+)'", file.read_text())} & {
        *WORDS["en"]
    }


def test_every_code_is_a_literal_or_in_a_family():
    assert [site.place for site in SITES if site.kind == "unclear" and site.file not in KEEPERS] == []
    assert {site.text for site in SITES if site.kind == "family"} == {*FAMILIES}


def test_nothing_raises_words_instead_of_a_code():
    assert [site.place for site in SITES if site.kind == "words" and site.file not in KEEPERS] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_has_a_sentence(language):
    assert {code: place for code, place in used().items() if code not in WORDS[language]} == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_is_used(language):
    assert WORDS[language].keys() - used().keys() - OWN.keys() == set()


def test_what_a_file_says_of_itself_is_not_said_again():
    assert set() == SAID_TWICE
    assert {"channel_sms", "part_subject", "sender_form_twilio", "field_phone"} <= TRANSLATED


def test_every_use_supplies_the_params_of_its_sentence():
    def missing(site: Site):
        placeholders = {name for text in WORDS["en"].get(site.text, ()) for name, _ in holes(text)}
        return placeholders - (placeholders if site.params is None else site.params)

    made = [site for site in SITES if site.kind in {"code", "beside"}]
    assert {site.place: missing(site) for site in made if missing(site)} == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_has_the_placeholders_and_formats_of_the_english(language):
    different = {
        code: (texts, WORDS["en"][code][-1])
        for code, texts in WORDS[language].items()
        if any(holes(text) != holes(WORDS["en"][code][-1]) for text in texts)
    }
    assert different == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_plurals_are_complete(language):
    # Without the form that some languages use only for millions.
    numbers = {Locale.parse(language).plural_form(count) for count in range(1_000)}
    for code, texts in WORDS[language].items():
        plural = len(WORDS["en"][code]) > 1
        assert len(texts) == (len(numbers) if plural else 1), code
        assert all(texts), code


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_can_be_said(language):
    for code, texts in WORDS[language].items():
        for count in (0, 1, 2, 12_345):
            params = {name: VALUES[form] if form else "x" for name, form in holes(texts[0])}
            params |= {"n": count} if "n" in params else {}
            text = _words(Sentence(code, params | {"text": OWN[code]} if code in OWN else params), language)
            assert text.strip(), code


def test_the_formats_are_known():
    assert VALUES.keys() == _FORMATS.keys()


def test_typography_of_french_and_english():
    """No-break spaces before ; : ? ! and within « », and typographic apostrophes (Lexique des règles typographiques en usage à l’Imprimerie nationale)."""
    wrong = re.compile(r"'| [;:?!»](?!=)|\w[;?!](?!=)|«(?!\u00a0)|[^\u00a0]»")
    in_code = re.compile(r"`[^`]*`|\{[^}]*\}")
    assert [
        text for texts in WORDS["fr"].values() for text in texts if wrong.search(in_code.sub("x", text))
    ] == []
    ours = [text for code, texts in WORDS["en"].items() if code in used() for text in texts]
    assert [text for text in ours if "'" in in_code.sub("x", text)] == []

"""What short answers mean, in four languages: a table that a person can check line by line."""

import pytest

from pipelines.domain.replies import Kind
from pipelines.errors import SettingsError
from pipelines.replies.lists import FOLDER, LISTS, lists_of, word_lists
from pipelines.replies.misspelt import edits
from pipelines.replies.normal import normalised, without_accents
from pipelines.replies.reading import Reading, read

# Each kind, with answers that must be read as that kind.
ANSWERS = {
    "stop": [
        "STOP", "stop", "Stop.", "STOP!!!", " stop ", "ＳＴＯＰ", "s\u200btop", "“Stop”", "STOPALL", "stop all", "Stop all.", "UNSUBSCRIBE",
        "unsubscribe me", "QUIT", "quit", "END", "end", "Cancel", "CANCEL", "please cancel", "REVOKE", "OPTOUT", "opt out", "Opt-Out", "opt me out",
        "stop please", "please stop", "Stop texting me", "stop it now", "ok stop", "STOP now please", "no more texts", "remove me", "leave me alone",
        "ARRET", "arrêt", "Arrêt", "ARRÊT svp", "je veux arrêter", "arrêtez", "STOP SMS", "désabonner", "me désinscrire", "plus de messages",
        "ALTO", "alto por favor", "parar", "basta", "baja", "darme de baja", "no más mensajes",
        "Dừng", "dừng lại", "Ngừng", "ngung", "hủy đăng ký", "huy dang ky", "từ chối", "Fin",
    ],
    "start": ["START", "start", "Unstop", "UNSTOP", "resume", "start please", "opt in", "reprendre", "iniciar", "reanudar", "bắt đầu", "dang ky"],
    "help": ["HELP", "help", "Help!", "help me", "INFO", "info", "who is this", "Who is this?", "aide", "Aide svp", "ayuda", "Ayuda!", "trợ giúp", "giúp đỡ"],
    "confirm": [
        "C", "c", "c.", "C!", "1", "1.", "yes", "Yes", "YES!", "y", "yep", "ok", "OK.", "Okay", "confirm", "Confirmed", "I confirm", "yes please",
        "Yes thank you", "ok thanks", "👍", "👍🏽", "✅", "I’ll be there", "I'll be there", "see you then", "Yes, see you then", "sure",
        "oui", "Oui merci", "d'accord", "D’accord", "je confirme", "c'est bon", "entendu", "sí", "Sí", "si", "SI gracias", "vale", "de acuerdo",
        "confirmo", "có", "Có", "có ạ", "vâng", "Vâng ạ", "dạ", "đúng", "đồng ý", "dong y", "xác nhận", "tôi sẽ đến",
    ],
    "cancel": [
        "cancel my appointment", "Cancel appointment", "please cancel my appt", "cancel the visit", "I can't come", "I can’t come", "cant make it",
        "I can´t make it tomorrow", "I won't be there", "not coming", "I need to cancel my appointment for tomorrow", "annuler", "J'annule",
        "annuler mon rendez-vous", "je ne viens pas", "Je ne peux pas venir", "cancelar", "cancelar mi cita", "no puedo ir", "anular",
        "hủy", "huỷ", "huy", "hủy lịch hẹn", "không đến được", "khong den duoc",
    ],
    "reschedule": [
        "reschedule", "Reschedule please", "can I come another day please", "I need to reschedule my appointment for next week", "another time",
        "change my appointment", "postpone", "yes, but another day", "reporter", "déplacer mon rendez-vous", "un autre jour", "changer de date",
        "reprogramar", "cambiar mi cita", "otro día", "otro dia por favor", "đổi lịch", "doi lich hen", "dời hẹn", "hẹn lại",
    ],
    "misspelt": ["stpo", "stopp", "STTOP", "unsubcribe", "unsuscribe", "confrim", "cofirm", "helpp", "rescedule", "reschedual", "cancle", "canel"],
    "other": [
        "thanks", "thank you", "no", "non", "vitamin c", "what time?", "don't stop", "please do not stop", "yes don't cancel",
        "please stop sending me these messages every day", "I will stop by your office before the appointment", "dung", "hold", "42", "???", "...",
        "my number is 1", "see attached", "merci", "gracias", "cảm ơn", "I am not sure yes or no", "x",
    ],
    "automatic": ["Out of office", "Automatic reply: away", "I am currently away until Monday", "Réponse automatique : absence", "Respuesta automática", "Trả lời tự động", "Undelivered Mail Returned to Sender", "I'm driving right now"],
}  # fmt: skip
TABLE = [(answer, kind) for kind, answers in ANSWERS.items() for answer in answers]


def test_the_table_is_long_enough():
    assert len(TABLE) >= 200
    assert ANSWERS.keys() == set(Kind)


@pytest.mark.parametrize(("answer", "kind"), TABLE)
def test_an_answer_is_read(answer, kind):
    assert read(answer).kind == kind


@pytest.mark.parametrize(
    ("answer", "reading"),
    [
        ("stpo", Reading(Kind.MISSPELT, unsure=True, meant=Kind.STOP)),
        ("confrim", Reading(Kind.MISSPELT, unsure=True, meant=Kind.CONFIRM)),
        ("cancle", Reading(Kind.MISSPELT, unsure=True, meant=Kind.STOP)),
        ("dung", Reading(Kind.OTHER, unsure=True)),
        ("please do not stop", Reading(Kind.OTHER, unsure=True)),
        ("please stop sending me these messages every day", Reading(Kind.OTHER, unsure=True)),
        ("yes don't cancel", Reading(Kind.OTHER, unsure=True)),
        ("thanks", Reading(Kind.OTHER)),
        ("yes", Reading(Kind.CONFIRM)),
    ],
)
def test_what_may_be_a_wish_to_stop_goes_to_a_person(answer, reading):
    assert read(answer) == reading


@pytest.mark.parametrize(
    ("answer", "named", "kind"),
    [
        ("CANCEL", {}, "stop"),
        ("CANCEL", {"cancel": ["CANCEL"]}, "cancel"),
        ("cancel.", {"cancel": ["Cancel"]}, "cancel"),
        ("X", {"cancel": ["X"]}, "cancel"),
        ("x", {}, "other"),
        ("9", {"reschedule": ["9"]}, "reschedule"),
        ("1", {"cancel": ["1"]}, "cancel"),
        ("please cancel", {"cancel": ["CANCEL"]}, "stop"),  # not exactly the word that the message named
    ],
)
def test_a_campaign_names_its_own_words(answer, named, kind):
    assert read(answer, named=named).kind == kind


def test_an_email_without_a_text_is_read_by_its_subject():
    assert read("", subject="unsubscribe").kind == "stop"
    assert read("yes", subject="unsubscribe").kind == "confirm"
    assert read("yes", subject="Automatic reply: Your appointment").kind == "automatic"
    assert read("STOP", automatic=True).kind == "automatic"


def test_what_does_not_matter_is_left_out():
    assert normalised("  ＹＥＳ,   see—you\u200d THEN’s! ") == "yes see you thens"
    assert normalised("👍🏽ok") == "👍 ok"
    assert without_accents("dừng đúng arrêt") == "dung dung arret"


@pytest.mark.parametrize(
    ("one", "other", "distance"),
    [
        ("stop", "stop", 0),
        ("stpo", "stop", 1),
        ("sto", "stop", 1),
        ("stoop", "stop", 1),
        ("stip", "stop", 1),
        ("", "stop", 4),
        ("pots", "stop", 3),
    ],
)
def test_edits(one, other, distance):
    assert edits(one, other) == edits(other, one) == distance


def test_no_word_has_two_meanings_as_written():
    """Without accents two words may fall together; that is left to a person."""
    several = {entry: kinds for entry, kinds in word_lists().exact.items() if len(kinds) > 1}
    assert several == {}


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text.replace('language = "en"', 'language = "fr"'),
        lambda text: text.replace("confirm =", "confirmation ="),
        lambda text: text.replace('start = ["start",', 'start = ["...",'),
        lambda text: text + "\nmore = []",
        lambda text: text.replace("[", "", 1),
    ],
)
def test_a_malformed_list_is_named(tmp_path, spoil):
    (tmp_path / "en.toml").write_text(spoil((FOLDER / "en.toml").read_text()))
    with pytest.raises(SettingsError, match=r"en\.toml"):
        lists_of(tmp_path)


def test_a_language_is_a_new_file(tmp_path):
    lines = "\n".join(f'{name} = ["{word}"]' for name, word in zip(LISTS, "abcdefghij", strict=True))
    (tmp_path / "de.toml").write_text(f'language = "de"\n{lines}')
    assert lists_of(tmp_path).meanings("a") == {"stop"}

"""Files of people whose names are not ASCII, in the code pages that programs still write: asked about, never guessed wrong."""

import io

import pytest
from sqlalchemy import text

from pipelines import steps
from pipelines.actions.packets.accept_packet import Submission, SubmissionRefused, accept_packet
from pipelines.reading import EncodingUnsure, Hints
from pipelines.reading.choosing import choose
from pipelines.settings import Settings
from pipelines.store.unit_of_work import UnitOfWork
from tests.builders import make_business

JAPANESE = ["太郎", "花子", "一郎", "美咲", "健太", "さくら"]
CHINESE = ["伟", "娜", "敏", "洋", "静", "建国"]
RUSSIAN = ["Сергей", "Анна", "Дмитрий", "Ольга", "Юлия", "Иван"]
POLISH = ["Łukasz", "Małgorzata", "Żaneta", "Bożena", "Paweł", "Wójcik"]
CZECH = ["Jiří", "Kateřina", "Ondřej", "Věra", "Čeněk", "Tomáš"]
WESTERN = ["Zoë", "José", "François", "Renée", "Begoña", "Jörg"]
FILES = [
    ("cp932", JAPANESE),
    ("gb18030", CHINESE),
    ("koi8_r", RUSSIAN),
    ("cp1251", RUSSIAN),
    ("cp1250", POLISH),
    ("cp1250", CZECH),
    ("mac_roman", WESTERN),
]
IDS = ["cp932", "gb18030", "koi8-r", "cp1251", "cp1250 Polish", "cp1250 Czech", "MacRoman"]


class Door:
    """A client of its own at the door, with the steps that a packet goes through behind it."""

    def __init__(self, database, home, **business):
        self.app, self.worker = database.engine("app"), database.engine("worker")
        self.business = make_business(self.worker, **business)
        self.settings = Settings(home=home, _env_file=None)

    def send(self, content, **said):
        submission = Submission(
            self.business.client_id, self.business.campaign_id, "people.csv", "cli", "test", **said
        )
        return accept_packet(self.app, self.settings, submission, io.BytesIO(content)).packet_id

    def refused(self, content, **said):
        with pytest.raises(SubmissionRefused) as refused:
            self.send(content, **said)
        return refused.value

    def cleaned(self, packet_id):
        for step in ("load", "map_fields", "clean"):
            steps.run(step, packet_id, engine=self.worker, settings=self.settings, secrets={})
        return self.names(packet_id), self.held(packet_id)

    def names(self, packet_id):
        return [
            row.first_name
            for row in self.rows(
                "select first_name from clean_row where packet_id = :id order by row_no", id=packet_id
            )
        ]

    def held(self, packet_id):
        return [
            tuple(row)
            for row in self.rows(
                "select line_no, column_name, code, value from held_row where packet_id = :id order by line_no",
                id=packet_id,
            )
        ]

    def rows(self, statement, **parameters):
        with UnitOfWork(self.worker, self.business.client_id) as uow:
            return uow.all(text(statement), parameters)


@pytest.fixture
def door(database, tmp_path):
    return Door(database, tmp_path)


def table(names, header="first_name,phone,contact_date"):
    lines = [
        f"{name},+1 212 {200 + number // 10_000} {number % 10_000:04},2030-05-01"
        for number, name in enumerate(names)
    ]
    return "\n".join([header, *lines, ""])


def bytes_table(names):
    return table([name.decode("latin-1") for name in names]).encode("latin-1")


@pytest.mark.parametrize(("encoding", "names"), FILES, ids=IDS)
@pytest.mark.parametrize("rows", [1, 6, 600])
def test_a_code_page_that_is_not_certain_is_asked_and_the_answer_kept(
    door, encoding, names, rows, caplog, capsys
):
    names = (names * 100)[:rows]
    content = table(names).encode(encoding)
    refused = door.refused(content)
    assert refused.code == "encoding_unsure"
    assert 1 <= len(refused.readings) <= 4
    offered = {reading.encoding: reading.samples for reading in refused.readings}
    assert set(offered[encoding]) <= set(names)
    assert len(offered[encoding]) == min(3, len(set(names)))
    assert door.rows("select 1 from outbox") == []
    kept = str(door.rows("select problem_params from data_packet")[0].problem_params)
    said = capsys.readouterr()
    for samples in offered.values():
        assert not any(
            sample in kept + str(refused) + said.out + said.err + caplog.text for sample in samples
        )

    packet_id = door.send(content, encoding=encoding)
    assert door.cleaned(packet_id) == (names, [])

    tonight = table([*names, "Ann"]).encode(encoding)
    assert door.cleaned(door.send(tonight)) == ([*names, "Ann"], []), "the feed remembers"


@pytest.mark.parametrize(("encoding", "names"), FILES, ids=IDS)
@pytest.mark.parametrize(("remembered", "_names"), FILES, ids=IDS)
def test_a_feed_that_changes_its_code_page_is_asked_anew(tmp_path, remembered, _names, encoding, names):
    """What is remembered holds for what makes sense in it; gibberish goes to nobody."""
    file = tmp_path / "people.csv"
    file.write_bytes(table((names * 100)[:30]).encode(encoding))
    chosen, offered = chosen_or_offered(file, Hints(remembered=remembered))
    if chosen:
        assert table(names).encode(encoding).decode(chosen) == table(names)
    else:
        assert encoding in offered


def chosen_or_offered(file, hints):
    try:
        return choose(file, hints), ()
    except EncodingUnsure as unsure:
        return None, {reading.encoding for reading in unsure.readings}


def test_the_western_page_is_offered_first_to_a_western_client_and_told_apart(tmp_path):
    """The curly apostrophe reads alike in three code pages; the accent that comes later does not."""
    file = tmp_path / "people.csv"
    file.write_bytes(
        table(["O\u2019Brien", "D\u2019Arcy", "O\u2019Neill", "H\xe9l\xe8ne", "Jo\xe3o"]).encode("cp1252")
    )
    chosen, _ = chosen_or_offered(file, Hints())
    if chosen is None:
        with pytest.raises(EncodingUnsure) as unsure:
            choose(file, Hints())
        first = unsure.value.readings[0]
        assert first.encoding == "cp1252"
        assert {"H\xe9l\xe8ne", "Jo\xe3o"} & set(first.samples)
    else:
        assert chosen == "cp1252"


def test_a_remembered_page_that_told_nothing_apart_is_asked_again(tmp_path):
    file = tmp_path / "people.csv"
    file.write_bytes(table(["Fran\xe7ois", "H\xe9l\xe8ne", "Jo\xe3o", "Pe\xf1a"]).encode("cp1252"))
    chosen, offered = chosen_or_offered(file, Hints(remembered="cp1250"))
    assert chosen == "cp1252" or "cp1252" in offered


@pytest.mark.parametrize("said", ["cp1252", "cp1250", "mac_roman", "cp932"])
def test_signs_in_a_valid_utf_8_file_are_read_as_what_they_are(tmp_path, said):
    file = tmp_path / "people.csv"
    file.write_bytes(table(["Ann \N{GRINNING FACE}", "Bob"]).encode())
    assert choose(file, Hints(said)) == "utf-8"
    assert choose(file, Hints(remembered=said)) == "utf-8"


@pytest.mark.parametrize(
    ("region", "encoding", "names"),
    [
        ("JP", "cp932", JAPANESE),
        ("CN", "gb18030", CHINESE),
        ("RU", "cp1251", RUSSIAN),
        ("PL", "cp1250", POLISH),
    ],
)
def test_the_clients_region_comes_first(database, tmp_path, region, encoding, names):
    door = Door(database, tmp_path, region=region)
    assert door.refused(table(names).encode(encoding)).readings[0].encoding == encoding


@pytest.mark.parametrize("names", [WESTERN, ["Zoë"], ["JOSÉ", "RENÉE"], ["Muñoz", "Jürgen", "Hélène"]])
def test_certain_western_names_go_on(door, names):
    assert door.cleaned(door.send(table(names).encode("cp1252")))[0][0].casefold() == names[0].casefold()
    assert door.rows("select dialect from data_packet")[0].dialect["encoding"] == "cp1252"


@pytest.mark.parametrize("bad", [b"Jos\xe9", b"\xff\xfe\xfd\xfc", b"Zo\xc3", b"\x83\x5c\x83\x7b"])
@pytest.mark.parametrize("good", [1, 40])
def test_bad_bytes_in_a_utf8_file_spoil_their_own_row_only(door, good, bad):
    content = bytes_table([*["Zoë".encode()] * good, bad, b"Ann"])
    names, held = door.cleaned(door.send(content))
    assert names == ["Zoë"] * good + ["Ann"]
    ((line, column, code, value),) = held
    assert (line, column, code) == (good + 2, "first_name", "undecodable")
    assert value
    assert "\ufffd" in value


def test_bad_bytes_far_behind_good_ones_do_not_change_these(door):
    content = bytes_table(["Zoë".encode(), *[b"Ann"] * 60_000, "Renée".encode(), b"Jos\xe9", b"Bob"])
    names, held = door.cleaned(door.send(content))
    assert (names[0], names[-2:], len(names)) == ("Zoë", ["Renée", "Bob"], 60_003)
    assert [line for line, *_ in held] == [60_004]


def test_bytes_that_make_sense_in_no_encoding_spoil_their_own_rows_only(door):
    names, held = door.cleaned(
        door.send(bytes_table([*[b"Ann"] * 40, b"Ann\xff\xfe\xfd", b"Zo\xc3", b"Bob"]))
    )
    assert names == ["Ann"] * 40 + ["Bob"]
    assert [code for _, _, code, _ in held] == ["undecodable"] * 2


def test_a_file_of_two_encodings_is_asked_about_with_utf8_among_them(door):
    content = bytes_table(["Zoë".encode(), *[b"Jos\xe9", b"Ren\xe9e"] * 5, *[b"Ann"] * 20])
    refused = door.refused(content)
    assert refused.code == "encoding_unsure"
    assert {"utf-8", "cp1252"} <= {reading.encoding for reading in refused.readings}
    names, held = door.cleaned(door.send(content, encoding="utf-8"))
    assert (names, len(held)) == (["Zoë"] + ["Ann"] * 20, 10)


def test_an_encoding_that_does_not_fit_a_few_rows_holds_these(door):
    content = table(JAPANESE * 5).encode("cp932") + b"\xfc\xfc,+1 212 555 3000,2030-05-01\n"
    names, held = door.cleaned(door.send(content, encoding="Shift_JIS"))
    assert names == JAPANESE * 5
    assert [(line, code) for line, _, code, _ in held] == [(32, "undecodable")]


def test_an_encoding_that_fits_hardly_a_row_is_refused(door):
    refused = door.refused(table(WESTERN).encode("cp1252"), encoding="utf-8")
    assert refused.code == "encoding_wrong"
    assert door.rows("select 1 from outbox") == []
    assert door.rows("select 1 from feed where settings ? 'encoding'") == []


@pytest.mark.parametrize("name", ["rot13", "base64", "klingon", "unicode_escape", "a\0b", "../cp932"])
def test_an_encoding_that_there_is_not_is_refused(door, name):
    assert door.refused(table(["Zoë"]).encode(), encoding=name).code == "encoding_unknown"


@pytest.mark.parametrize("said", ["cp1252", "cp932", "koi8-r", "gb18030", "cp1250"])
@pytest.mark.parametrize("names", [WESTERN, JAPANESE, RUSSIAN, ["Zoë"]])
def test_a_file_that_is_utf8_is_read_as_utf8_whatever_was_said(door, said, names):
    packet_id = door.send(table(names).encode(), encoding=said)
    assert door.cleaned(packet_id) == (names, [])
    assert door.rows("select 1 from feed where settings ? 'encoding'") == [], "the answer was not needed"


def test_what_was_looked_at_is_what_is_loaded(door):
    packet_id = door.send(table(JAPANESE).encode("cp932"), encoding="cp932")
    with UnitOfWork(door.worker, door.business.client_id) as uow:
        uow.execute(text('update feed set settings = \'{"encoding": "koi8_r"}\''))
        uow.commit()
    assert door.cleaned(packet_id) == (JAPANESE, [])


def test_a_header_in_another_script_is_asked_about_too(door):
    content = table(["Ann"], header="電話番号,phone,contact_date").encode("cp932")
    refused = door.refused(content)
    assert (refused.code, refused.readings[0].samples) == ("encoding_unsure", ("電話番号",))
    assert door.refused(content, encoding="cp932").code == "missing_column"

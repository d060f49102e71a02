"""Accepting a packet: whole or not at all, refused with a sentence, and its run promised in the same transaction."""

import hashlib
import io
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from pipelines import clock
from pipelines.actions.campaigns.map_feed import map_feed
from pipelines.actions.packets.accept_packet import Submission, SubmissionRefused, accept_packet
from pipelines.errors import NotFound
from pipelines.language import Sentence, say
from pipelines.settings import Settings
from pipelines.store.unit_of_work import UnitOfWork
from tests.builders import REMINDER, change_campaign, make_business

GOOD = b"first_name,phone,contact_date\nAnn,+12025550100,2030-05-01\nBob,+12025550101,2030-05-02\n"


@pytest.fixture
def app(database):
    return database.engine("app")


@pytest.fixture
def home(tmp_path):
    return Settings(_env_file=None, home=tmp_path, upload_max_bytes=100_000)


@pytest.fixture
def submit(app, home, business):
    def submit(content=GOOD, *, stream=None, **changes):
        values = {
            "client_id": business.client_id,
            "campaign_id": business.campaign_id,
            "file_name": "people.csv",
            "source": "portal",
            "submitted_by": "ann",
        }
        return accept_packet(app, home, Submission(**(values | changes)), stream or io.BytesIO(content))

    return submit


@pytest.fixture
def rows(app, business):
    def rows(query, **parameters):
        with UnitOfWork(app, business.client_id) as uow:
            return uow.all(text(query), parameters)

    return rows


def files(home):
    return sorted(path.name for path in home.files_dir.iterdir()) if home.files_dir.exists() else []


def test_a_good_file_is_kept_with_its_digests_and_the_promise_of_its_run(submit, rows, home):
    receipt = submit()
    assert receipt.sha256 == hashlib.sha256(GOOD).hexdigest()
    assert receipt.md5 == hashlib.md5(GOOD).hexdigest()
    assert receipt.bytes == len(GOOD)
    assert (home.files_dir / receipt.sha256).read_bytes() == GOOD
    assert files(home) == [receipt.sha256]
    (packet,) = rows("select * from data_packet")
    assert (
        packet.id,
        packet.state,
        packet.file_name,
        packet.source,
        packet.submitted_by,
        packet.revision,
    ) == (
        receipt.packet_id,
        "received",
        "people.csv",
        "portal",
        "ann",
        1,
    )
    (promise,) = rows("select kind, unique_key, payload, delivered_at from outbox")
    assert promise == (
        "start_packet",
        f"packet-{receipt.packet_id}-r1",
        {"packet_id": str(receipt.packet_id), "run_id": receipt.run_id, "prepared": False},
        None,
    )


@pytest.mark.parametrize("algorithm", ["md5", "sha256"])
@pytest.mark.parametrize("prefix", [True, False])
def test_the_senders_digest_is_compared(submit, algorithm, prefix):
    digest = hashlib.new(algorithm, GOOD).hexdigest().upper()
    assert submit(digest=f"{algorithm}:{digest}" if prefix else digest).bytes == len(GOOD)


def test_an_incomplete_transmission_leaves_nothing(submit, rows, home):
    with pytest.raises(SubmissionRefused, match="transmission was incomplete") as refused:
        submit(GOOD[:-5], digest=hashlib.sha256(GOOD).hexdigest())
    assert (refused.value.code, refused.value.packet_id) == ("incomplete_transmission", None)
    assert files(home) == []
    assert rows("select 1 from data_packet union all select 1 from outbox") == []


def test_a_digest_of_no_known_kind_is_not_believed(submit):
    with pytest.raises(SubmissionRefused, match="neither MD5 nor SHA-256"):
        submit(digest="abc")


class Endless(io.RawIOBase):
    """A stream without an end, which notes how much of it was read."""

    taken = 0

    def readable(self):
        return True

    def read(self, size=-1):
        self.taken += size
        return b"x" * size


def test_a_file_that_is_too_large_is_not_even_read_to_its_end(submit, home):
    stream = Endless()
    with pytest.raises(SubmissionRefused, match="larger than") as refused:
        submit(stream=stream)
    assert refused.value.code == "file_too_large"
    assert stream.taken < 3_000_000
    assert files(home) == []


class Broken(io.RawIOBase):
    def read(self, _size=-1):
        raise OSError("the connection was reset")


def test_a_connection_that_breaks_leaves_nothing(submit, rows, home):
    with pytest.raises(OSError, match="reset"):
        submit(stream=Broken())
    assert files(home) == []
    assert rows("select 1 from data_packet") == []


@pytest.mark.parametrize(
    ("content", "code", "says"),
    [
        (b"", "empty_file", "empty"),
        (b"first_name,phone,contact_date\n", "no_rows", "no rows"),
        (b"%PDF-1.7 and so on", "unknown_kind", "PDF"),
        (b"first_name,phone\nAnn,+12025550100\n", "missing_column", "first_name and phone"),
        (b"first_name,contact_date\nAnn,2030-05-01\n", "missing_column", "mobile number or e-mail"),
    ],
)
def test_a_file_of_no_use_is_refused_with_one_sentence_and_not_kept(submit, rows, home, content, code, says):
    with pytest.raises(SubmissionRefused, match=says) as refused:
        submit(content)
    assert refused.value.code == code
    (packet,) = rows("select id, state, problem_code, problem_params, run_id from data_packet")
    assert packet[:3] == (refused.value.packet_id, "refused", code)
    assert say(Sentence.from_json(code, packet.problem_params)) == str(refused.value)
    assert packet.run_id is None
    assert files(home) == []
    assert rows("select 1 from outbox") == []


def test_the_same_file_twice_is_refused_unless_it_is_meant(submit, rows, home):
    first = submit()
    with pytest.raises(SubmissionRefused, match=str(first.packet_id)) as refused:
        submit(file_name="renamed.csv")
    assert refused.value.code == "sent_before"
    second = submit(again=True)
    assert second.packet_id != first.packet_id
    assert [row.state for row in rows("select state from data_packet order by id")] == [
        "received",
        "refused",
        "received",
    ]
    assert files(home) == [first.sha256]


def test_a_refused_file_may_come_again(submit):
    bad = b"first_name,phone\nAnn,+12025550100\n"
    for _ in range(2):
        with pytest.raises(SubmissionRefused) as refused:
            submit(bad)
        assert refused.value.code == "missing_column"


def test_two_clicks_at_once_are_one_packet(submit, rows):
    def try_it(_):
        try:
            return submit().packet_id
        except SubmissionRefused as refused:
            return refused.code

    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(try_it, range(6)))
    assert sorted(map(str, found))[-5:] == ["sent_before"] * 5
    assert len(rows("select 1 from outbox")) == 1


def test_another_campaign_or_client_may_send_the_same_file(submit, database):
    submit()
    other = make_business(database.engine("worker"))
    assert submit(client_id=other.client_id, campaign_id=other.campaign_id).bytes == len(GOOD)


def test_another_clients_campaign_is_not_there(submit, database):
    other = make_business(database.engine("worker"))
    with pytest.raises(NotFound):
        submit(campaign_id=other.campaign_id)
    with pytest.raises(NotFound):
        submit(campaign_id=uuid4())


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ("update client set state = 'suspended' where id = :client", "client_not_active"),
        ("update campaign set state = 'paused' where client_id = :client", "campaign_not_active"),
    ],
)
def test_only_active_clients_and_campaigns_take_packets(submit, app, business, home, change, code):
    with UnitOfWork(app, business.client_id) as uow:
        uow.execute(text(change), {"client": business.client_id})
        uow.commit()
    with pytest.raises(SubmissionRefused) as refused:
        submit()
    assert refused.value.code == code
    assert files(home) == []


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("C:\\Users\\ann\\people.csv", "people.csv"),
        ("../../etc/passwd", "passwd"),
        ("a\0b.csv", "ab.csv"),
        ("", "unnamed"),
    ],
)
def test_a_file_name_is_only_a_name(submit, rows, given, kept):
    submit(file_name=given)
    assert rows("select file_name from data_packet") == [(kept,)]


def test_a_feed_is_made_when_it_is_first_used(submit, rows):
    submit(feed="nightly")
    assert [row.name for row in rows("select name from feed order by name")] == ["nightly", "upload"]


def test_every_layout_that_the_feed_has_a_map_for_comes_in(app, submit, business):
    """Only a person can map `Cust` to the phone: the proposal for a new header finds none."""
    ids = {"client_id": business.client_id, "campaign_id": business.campaign_id}
    map_feed(app, **ids, header=["first_name", "Cust", "contact_date"], chosen={"phone": "Cust"})
    map_feed(app, **ids, header=["first_name", "Mobile", "contact_date"], chosen={"phone": "Mobile"})
    earlier = b"first_name,Cust,contact_date\nAda,ask,2030-05-01\n"
    assert submit(earlier).packet_id
    with pytest.raises(SubmissionRefused, match="mobile number or e-mail address"):
        submit(b"first_name,Customer code,contact_date\nAda,ask,2030-05-01\n")


def test_a_file_whose_packet_could_not_be_kept_is_not_kept_either(submit, home, database):
    """Unless another packet has the same bytes."""
    content = (
        GOOD + f"Cid{uuid4().hex},+12025550102,2030-05-03\n".encode()
    )  # other tests have packets of the same bytes
    owner, change = database.engine("owner"), "alter table outbox {} constraint outbox_broken_check"

    def broken(how):
        with owner.begin() as connection:
            connection.execute(
                text(change.format(how) + (" check (false) not valid" if how == "add" else ""))
            )

    broken("add")
    try:
        with pytest.raises(IntegrityError):
            submit(content)
        assert files(home) == []
        broken("drop")
        receipt = submit(content)
        broken("add")
        with pytest.raises(IntegrityError):
            submit(content, again=True)
        assert files(home) == [receipt.sha256]
    finally:
        broken("drop")


def test_a_packet_after_the_start_of_its_campaign_and_its_tolerance_is_refused(database, submit, business):
    """The client is in New York: 12:00 there is 17:00 UTC."""
    details = REMINDER | {"schedule": {"start": "2026-12-01T12:00", "tolerance_minutes": 30}}
    with UnitOfWork(database.engine("app"), business.client_id) as uow:
        change_campaign(uow, business, details=details)
        uow.commit()
    with clock.set_to(datetime(2026, 12, 1, 17, 29, tzinfo=UTC)):
        assert submit().bytes == len(GOOD)
    with clock.set_to(datetime(2026, 12, 1, 17, 30, tzinfo=UTC)), pytest.raises(SubmissionRefused) as caught:
        submit(again=True)
    assert (
        say(caught.value.sentence)
        == "The start of the campaign, Dec 1, 2026, 12:00\u202fPM EST, is in the past."
    )

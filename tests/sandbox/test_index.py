"""The index of the journal: it can be deleted, and it is always up to date."""

import contextlib
import sqlite3

from pipelines.sandbox.index import Index
from pipelines.sandbox.journal import HOOKS, MESSAGES, Accepted, Called, Journal

ONE = Accepted("SM1", "twilio", "sms", 1000.0, "+33612345678", "+15005550006", {"body": "Hello"}, "delivered")


def test_it_reads_new_lines_but_no_incomplete_one(tmp_path):
    journal = Journal(tmp_path / MESSAGES)
    index = Index(tmp_path)
    assert index.find() == []
    journal.append([ONE])
    assert [one.message for one in index.find()] == [ONE]
    with (tmp_path / MESSAGES).open("ab") as torn:
        torn.write(b'{"id": "half')
    assert len(index.find()) == 1
    with (tmp_path / MESSAGES).open("ab") as whole:
        whole.write(
            b'", "service": "s", "channel": "sms", "at": 1, "to": "x", "sender": "y", "content": {}, "fate": "f"}\n'
        )
    assert [one.message.id for one in index.find()] == ["half", "SM1"]
    index.close()
    journal.close()


def test_it_can_be_deleted(tmp_path):
    journal = Journal(tmp_path / MESSAGES)
    journal.append([ONE._replace(id=f"SM{n}", at=1000.0 + n) for n in range(2000)])
    first = Index(tmp_path)
    before = first.find(limit=5000)
    first.close()
    for file in tmp_path.glob("index.sqlite*"):
        file.unlink()
    second = Index(tmp_path)
    assert second.find(limit=5000) == before
    assert len(before) == 2000
    second.close()
    journal.close()


def test_queries(tmp_path):
    journal, hooks = Journal(tmp_path / MESSAGES), Journal(tmp_path / HOOKS)
    journal.append(
        [
            ONE,
            ONE._replace(id="SM2", at=2000.0, to="+33600000000"),
            ONE._replace(
                id="m",
                service="mailgun",
                channel="email",
                at=3000.0,
                content={"subject": "S", "media": ["http://x/fox.png"]},
            ),
        ]
    )
    hooks.append(
        [Called("SM1", ONE.to, "sent", 1001.0, "http://x/", 204), Called("SM1", "other", "sent", 1.0, "", 1)]
    )
    index = Index(tmp_path)

    def ids(**question):
        return [one.message.id for one in index.find(**question)]

    assert ids() == ["m", "SM2", "SM1"]
    assert ids(after=0) == ["SM1", "SM2", "m"]
    assert ids(channel="sms") == ["SM2", "SM1"]
    assert ids(since=1500, until=3000) == ["SM2"]
    assert ids(before=2) == ["SM1"]
    assert ids(limit=1) == ["m"]
    assert ids(service="mailgun") == ["m"]
    assert [one.message.id for one in index.by_id("twilio", "SM2")] == ["SM2"]
    assert index.by_id("mailgun", "SM2") == []
    assert [one.http_status for one in index.called("SM1", ONE.to)] == [204]
    assert index.totals() == [("mailgun", "email", 1), ("twilio", "sms", 2)]
    assert [(one.address, one.channel, one.total) for one in index.people()] == [
        (ONE.to, "email", 1),
        ("+33600000000", "sms", 1),
        (ONE.to, "sms", 1),
    ]
    journal.append([ONE._replace(id="SM3")])
    assert [one.cursor for one in index.people(before=4)] == [3, 2], "paging lists nobody twice"
    assert [one.address for one in index.people(channel="sms")] == [ONE.to, "+33600000000"]
    assert [one.address for one in index.people(search="+33612")] == [ONE.to, ONE.to]
    assert [one.channel for one in index.people(search="fox")] == ["email"], "in every part of a message"
    assert index.people(search="_") == []
    index.close()
    for one in (journal, hooks):
        one.close()


def test_it_reads_ahead_in_parts(tmp_path):
    journal = Journal(tmp_path / MESSAGES)
    journal.append([ONE._replace(content={"body": "x" * 1000}) for _ in range(3000)])
    index = Index(tmp_path)
    parts = 0
    while index.read_some():
        parts += 1
    assert parts > 1
    assert index.totals() == [("twilio", "sms", 3000)]
    index.close()
    journal.close()


def test_an_index_with_other_tables_is_rebuilt(tmp_path):
    journal = Journal(tmp_path / MESSAGES)
    journal.append([ONE])
    with contextlib.closing(sqlite3.connect(tmp_path / "index.sqlite")) as old:
        old.executescript("create table message (n, body); create table source (name, place);")
        old.executescript("insert into source values ('messages.jsonl', 1000000)")
    index = Index(tmp_path)
    assert [one.message for one in index.find()] == [ONE]
    index.close()
    journal.close()


def test_a_line_that_is_not_a_record_is_skipped(tmp_path):
    (tmp_path / MESSAGES).write_text('{"id": "old", "channel": "sms", "body": "x"}\n')
    journal = Journal(tmp_path / MESSAGES)
    journal.append([ONE])
    index = Index(tmp_path)
    assert [one.message.id for one in index.find()] == ["SM1"]
    index.close()
    journal.close()

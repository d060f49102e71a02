"""The index beside the journal: it can be thrown away, and it is never behind."""

from pipelines.sandbox.index import Index
from pipelines.sandbox.journal import HOOKS, MESSAGES, Accepted, Called, Journal

ONE = Accepted("SM1", "sms", 1000.0, "+33612345678", "+15005550006", "Hello", "delivered")


def test_it_reads_what_is_new_and_no_half_line(tmp_path):
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
            b'", "channel": "sms", "at": 1, "to": "x", "sender": "y", "body": "", "fate": "delivered"}\n'
        )
    assert [one.message.id for one in index.find()] == ["half", "SM1"]
    index.close()
    journal.close()


def test_it_can_be_thrown_away(tmp_path):
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


def test_questions(tmp_path):
    journal, hooks = Journal(tmp_path / MESSAGES), Journal(tmp_path / HOOKS)
    journal.append(
        [
            ONE,
            ONE._replace(id="SM2", at=2000.0, to="+33600000000"),
            ONE._replace(id="m", channel="email", at=3000.0),
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
    assert [one.message.id for one in index.by_id("SM2")] == ["SM2"]
    assert [one.http_status for one in index.called("SM1", ONE.to)] == [204]
    assert index.totals() == {"sms": 2, "email": 1}
    assert [(one.address, one.total) for one in index.people()] == [(ONE.to, 2), ("+33600000000", 1)]
    assert [one.address for one in index.people(before=3)] == ["+33600000000"], "nobody comes twice in paging"
    assert [one.address for one in index.people(channel="sms")] == ["+33600000000", ONE.to]
    assert [one.address for one in index.people(search="+33612")] == [ONE.to]
    assert index.people(search="_") == []
    index.close()
    for one in (journal, hooks):
        one.close()


def test_it_reads_ahead_in_parts(tmp_path):
    journal = Journal(tmp_path / MESSAGES)
    journal.append([ONE._replace(body="x" * 1000) for _ in range(3000)])
    index = Index(tmp_path)
    parts = 0
    while index.read_some():
        parts += 1
    assert parts > 1
    assert index.totals() == {"sms": 3000}
    index.close()
    journal.close()

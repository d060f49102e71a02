"""Campaigns are saved whole or not at all, in versions that never change."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from pipelines import clock
from pipelines.actions.accounts.find import campaign_by_slug
from pipelines.actions.campaigns.save_campaign import save_campaign
from pipelines.domain.campaign import CampaignInvalid
from pipelines.domain.campaign_document import CampaignDocument, Text
from pipelines.reports.campaign import CurrentCampaign
from pipelines.store.unit_of_work import UnitOfWork
from tests.builders import REMINDER

SMS, EMAIL = Text("sms", "en", "Hello {{ first_name }}"), Text("email", "en", "Hello", "About you")
DOCUMENT = CampaignDocument("second", "Second", REMINDER, (SMS, EMAIL))


class Desk:
    """Somebody who saves campaigns of one client."""

    def __init__(self, engine, client_id):
        self.engine, self.client_id = engine, client_id

    def save(self, document=DOCUMENT, **options):
        return save_campaign(self.engine, self.client_id, document, by="ann", **options)

    def rows(self, query, **parameters):
        with UnitOfWork(self.engine, self.client_id) as uow:
            return [tuple(row) for row in uow.all(text(query), parameters)]

    def now(self):
        with UnitOfWork(self.engine, self.client_id) as uow:
            return CurrentCampaign.read(uow, self.client_id, "second")


@pytest.fixture
def desk(database, business):
    return Desk(database.engine("app"), business.client_id)


def test_a_new_campaign_comes_with_version_1_its_texts_and_a_feed(desk):
    saved = desk.save()
    assert campaign_by_slug(desk.engine, desk.client_id, "second") == saved.campaign_id
    assert saved.version == 1
    assert (desk.now().document, desk.now().created_by, desk.now().state) == (
        replace(DOCUMENT, texts=(EMAIL, SMS)), "ann", "active",
    )  # fmt: skip
    assert desk.rows("select name from feed where campaign_id = :id", id=saved.campaign_id) == [("upload",)]


def test_the_same_again_changes_nothing(desk):
    desk.save()
    again = desk.save()
    assert (again.version, again.changes) == (1, ())
    assert desk.rows("select count(*) from campaign_version where created_by = 'ann'") == [(1,)]


def test_a_change_is_a_new_version_and_only_what_differs_is_written(desk):
    desk.save()
    (before,) = [kept for kept in desk.now().texts if kept.text == SMS]
    newer = replace(EMAIL, body="Good morning")
    saved = desk.save(replace(DOCUMENT, texts=(SMS, newer)))
    assert (saved.version, [change.path for change in saved.changes]) == (
        2,
        [("texts", "email", "en", "body")],
    )
    email, sms = desk.now().texts
    assert sms == before
    assert (email.text, email.version) == (newer, 2)
    assert desk.rows(
        "select version, details = (select details from campaign_version where version = 1 and campaign_id = v.campaign_id)"
        " from campaign_version as v where created_by = 'ann' order by version"
    ) == [(1, True), (2, True)]


def test_a_text_that_is_taken_out_is_no_part_of_the_next_version(desk):
    desk.save()
    only_sms = [rule for rule in REMINDER["rules"] if rule["send"] == "sms"]
    desk.save(replace(DOCUMENT, details=REMINDER | {"rules": only_sms}, texts=(SMS,)))
    assert desk.now().document.texts == (SMS,)


def test_another_name_is_no_new_version(desk):
    desk.save()
    saved = desk.save(replace(DOCUMENT, name="Renamed"))
    assert (saved.version, desk.now().document.name) == (1, "Renamed")


@pytest.mark.parametrize("change", ["update {} set version = 9", "delete from {}"])
@pytest.mark.parametrize("table", ["campaign_version", "template"])
def test_what_packets_refer_to_cannot_be_changed(desk, table, change):
    desk.save()
    with pytest.raises(ProgrammingError, match="permission denied"):
        desk.rows(change.format(table))


def test_another_client_sees_no_version(database, desk):
    desk.save()
    with UnitOfWork(database.engine("app"), every_client=True) as uow:
        other = uow.scalar(
            text("insert into client (slug, name) values (uuidv7()::text, 'Other') returning id")
        )
        uow.commit()
    assert Desk(desk.engine, other).rows("select * from campaign_version") == []


@pytest.mark.parametrize(
    ("changes", "path", "says"),
    [
        ({"texts": (SMS,)}, ("details", "rules", 1, "send"), "email, for which there is no text"),
        ({"texts": (SMS, EMAIL, Text("sms", "fr", "{{ first_nam }}"))}, ("texts", "sms", "fr"), "SMS, fr: .* Did you mean first_name?"),
        ({"texts": (SMS, EMAIL, Text("sms", "fr", "{{ doctor }}"))}, ("texts", "sms", "fr"), "doctor, which is not a known field or column"),
        ({"texts": (SMS, EMAIL, Text("email", "fr", "x"))}, ("texts", "email", "fr"), "e-mail, fr: A message by e-mail needs a subject"),
        ({"texts": (SMS, EMAIL, Text("sms", "fr", "x", parts={"footer": "y"}))}, ("texts", "sms", "fr"), "SMS, fr: A message by SMS has no footer"),
        ({"texts": (SMS, EMAIL, Text("pigeon", "en", "x"))}, ("texts", "pigeon"), "no channel “pigeon”"),
        ({"details": {"schema": 1}}, ("details",), "cannot be used"),
    ],
)  # fmt: skip
def test_a_campaign_with_mistakes_is_not_saved(desk, changes, path, says):
    with pytest.raises(CampaignInvalid, match=says) as caught:
        desk.save(replace(DOCUMENT, **changes))
    assert caught.value.mistakes[0].path == path
    assert desk.now() is None


def test_a_start_must_lie_ahead_when_it_is_set_and_may_be_past_later(desk):
    """The client is in New York: 12:00 there is 17:00 UTC."""
    document = replace(DOCUMENT, details=REMINDER | {"schedule": {"start": "2026-12-01T12:00"}})
    with (
        clock.set_to(datetime(2026, 12, 1, 17, 1, tzinfo=UTC)),
        pytest.raises(CampaignInvalid, match="is in the past") as caught,
    ):
        desk.save(document)
    assert caught.value.mistakes[0].path == ("details", "schedule", "start")
    with clock.set_to(datetime(2026, 12, 1, 16, 59, tzinfo=UTC)):
        assert desk.save(document).version == 1
    with clock.set_to(datetime(2026, 12, 2, tzinfo=UTC)):
        assert (
            desk.save(replace(document, name="Third", texts=(SMS, replace(EMAIL, body="Bye")))).version == 2
        )


def test_holidays_must_be_known(desk):
    window = {"holidays": "skip", "country": "US", "subdivision": "QC"}
    with pytest.raises(CampaignInvalid, match="No public holidays are known for US-QC"):
        desk.save(replace(DOCUMENT, details=REMINDER | {"window": window}))

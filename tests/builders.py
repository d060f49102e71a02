"""Builders: a client, a campaign with templates, a feed and a packet, ready in one line each."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, text

from pipelines.store.unit_of_work import UnitOfWork

REMINDER = {
    "schema": 1,
    "type": "appointment_reminder",
    "fields": {"required": ["first_name", "contact_date"]},
    "rules": [
        {"name": "SMS to a mobile phone", "when": {"has": "phone"}, "send": "sms"},
        {"name": "e-mail otherwise", "when": {"has": "email"}, "send": "email"},
    ],
    "window": {"hours": "any", "reason": "tests run at any hour"},
    "deadline": {"minutes_before_contact": 0},
    "quality": {"max_held_share": 0.5},
}
TEMPLATES = [
    ("sms", "en", None, "Hello {{ first_name }}, your appointment is on {{ contact_at | day }}."),
    ("email", "en", "Your appointment", "Hello {{ first_name }},\n\nsee you on {{ contact_at | day }}."),
]
TEMPLATE = text("""
insert into template (client_id, campaign_id, channel, language, subject, body, version)
select :client, cast(:campaign as uuid), :channel, :language, :subject, :body, coalesce(max(version), 0) + 1
from template
where campaign_id = :campaign and channel = :channel and language = :language
returning id
""")
VERSION = text("""
insert into campaign_version (client_id, campaign_id, version, details, template_ids, created_by)
select
    :client, cast(:campaign as uuid), coalesce(max(version), 0) + 1,
    coalesce(cast(:details as jsonb), (array_agg(details order by version desc))[1]),
    coalesce(
        cast(:template_ids as uuid[]),
        (select template_ids from campaign_version where campaign_id = :campaign order by version desc limit 1)
    ),
    'test'
from campaign_version
where campaign_id = :campaign
""")
# What a new packet of a campaign is pinned to.
NEWEST_VERSION = (
    "(select id from campaign_version where campaign_id = :campaign order by version desc limit 1)"
)


SENDERS = [
    ("sms", "twilio", "+15005550006"),
    ("email", "mailgun", "reminders@packetboat.example"),
]


@dataclass(frozen=True)
class Business:
    """A client with one campaign and one feed."""

    client_id: UUID
    campaign_id: UUID
    feed_id: UUID
    slug: str


@pytest.fixture
def business(database) -> Business:
    """A client of this test alone, with an appointment reminder. No address is suppressed for all clients, and no packet of an
    earlier test waits for its turn to send."""
    with database.engine("owner").begin() as connection:
        connection.execute(text("select set_config('packetboat.lifted_by', 'tests', true)"))
        connection.execute(text("select set_config('packetboat.scope', 'every_client', true)"))
        connection.execute(text("delete from platform_suppression"))
        connection.execute(
            text("update data_packet set state = 'stopped' where state in ('preparing', 'sending')")
        )
    return make_business(database.engine("worker"))


def make_business(
    engine: Engine, *, details: dict | None = None, region: str = "US", time_zone: str = "America/New_York"
) -> Business:
    slug = f"client-{uuid4().hex[:12]}"
    with UnitOfWork(engine, every_client=True) as uow:
        uow.execute(text("delete from breaker"))  # of earlier tests: it belongs to no client
        client_id = uow.scalar(
            text(
                "insert into client (slug, name, region, time_zone) values (:slug, :slug, :region, :zone) returning id"
            ),
            {"slug": slug, "region": region, "zone": time_zone},
        )
        campaign_id = uow.scalar(
            text(
                "insert into campaign (client_id, slug, name) values (:client, 'reminder', 'Appointment reminder') returning id"
            ),
            {"client": client_id},
        )
        feed_id = uow.scalar(
            text("insert into feed (client_id, campaign_id) values (:client, :campaign) returning id"),
            {"client": client_id, "campaign": campaign_id},
        )
        business = Business(client_id, campaign_id, feed_id, slug)
        change_campaign(uow, business, details=details or REMINDER, texts=TEMPLATES)
        for channel, provider, address in SENDERS:
            uow.execute(
                text(
                    "insert into sender (client_id, channel, provider, address)"
                    " values (:client, :channel, :provider, :address)"
                ),
                {"client": client_id, "channel": channel, "provider": provider, "address": address},
            )
        uow.commit()
    return business


def change_campaign(
    uow: UnitOfWork, business: Business, *, details: dict | None = None, texts: list | None = None
) -> None:
    """The next version of the campaign, whatever it says: with these details or texts (channel, language, subject, body), else as before."""
    ids = {"client": business.client_id, "campaign": business.campaign_id}
    template_ids = texts and [
        uow.scalar(TEMPLATE, ids | dict(zip(("channel", "language", "subject", "body"), one, strict=True)))
        for one in texts
    ]
    uow.execute(VERSION, ids | {"details": details and json.dumps(details), "template_ids": template_ids})


def make_packet(
    engine: Engine, business: Business, content: bytes = b"first_name,phone\n", files: Path | None = None
) -> UUID:
    """A packet in state received; its file goes to `files`, named by its SHA-256, when that is given."""
    sha256 = hashlib.sha256(content).hexdigest()
    if files is not None:
        files.mkdir(parents=True, exist_ok=True)
        (files / sha256).write_bytes(content)
    with UnitOfWork(engine, business.client_id) as uow:
        packet_id = uow.scalar(
            text(
                "insert into data_packet (client_id, campaign_id, campaign_version_id, feed_id, source, submitted_by, file_name,"
                f" bytes, md5, sha256) values (:client, :campaign, {NEWEST_VERSION}, :feed, 'cli', 'test', 'people.csv',"
                " :bytes, :md5, :sha256) returning id"
            ),
            {
                "client": business.client_id,
                "campaign": business.campaign_id,
                "feed": business.feed_id,
                "bytes": len(content),
                "md5": hashlib.md5(content).hexdigest(),
                "sha256": sha256,
            },
        )
        uow.commit()
    return packet_id

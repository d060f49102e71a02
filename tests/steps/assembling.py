"""Clean rows of a packet, inserted by SQL as the clean step would write them."""

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert, text

from pipelines import steps
from pipelines.domain.mapping import LoadMap
from pipelines.settings import Settings
from pipelines.store.unit_of_work import UnitOfWork
from pipelines.tables.packets import CleanRow, DataPacketRow
from tests.builders import NEWEST_VERSION, change_campaign, make_business, make_packet

ZONE = "America/New_York"
PHONE, MAIL = "+12125550123", "ana@example.com"
ANA = {"first_name": "Ana", "phone": PHONE, "email": MAIL}
SMS = ("sms", "en", None, "Hello {{ first_name }}, see you on {{ contact_at | day }}.")
EMAIL = ("email", "en", "For {{ first_name }}", "Hello {{ first_name }}")
HEADER = ["First", "Phone", "Mail", "Lang", "Day", "Hour", "Gate"]
MAP = LoadMap(
    fields={
        "first_name": "First", "phone": "Phone", "email": "Mail", "language": "Lang", "contact_date": "Day", "contact_time": "Hour",
    },
    extras={"gate": "Gate"},
)  # fmt: skip
SOON = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(days=3)


def local(moment: datetime, zone: str = ZONE) -> str:
    return moment.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")


class Bench:
    """A client with a campaign, its texts, and one packet that went through `clean`."""

    def __init__(self, database, tmp_path, *, details=None, texts=None, header=HEADER, load_map=MAP):
        self.engine = database.engine("worker")
        self.business = make_business(self.engine, details=details, time_zone=ZONE)
        self.settings = Settings(home=tmp_path, _env_file=None)
        self.header, self.map = header, load_map
        if texts is not None:
            self.write(texts)
        self.packet = self.new_packet()

    def write(self, texts):
        """A version of the campaign with these texts: (channel, language, subject, body)."""
        with self.uow() as uow:
            change_campaign(uow, self.business, texts=texts)
            uow.commit()

    def pin_to_newest(self):
        """Pin the packet to the newest version, which no packet does by itself."""
        with self.uow() as uow:
            uow.execute(
                text(f"update data_packet set campaign_version_id = {NEWEST_VERSION} where id = :packet"),
                {"campaign": self.business.campaign_id, "packet": self.packet},
            )
            uow.commit()

    def new_packet(self) -> UUID:
        packet_id = make_packet(self.engine, self.business)
        with self.uow() as uow:
            load_map_id = uow.scalar(
                text(
                    "insert into load_map (client_id, feed_id, version, fingerprint, mapping)"
                    " select :client, :feed, count(*) + 1, 'x', cast(:mapping as jsonb) from load_map returning id"
                ),
                {
                    "client": self.business.client_id,
                    "feed": self.business.feed_id,
                    "mapping": json.dumps(self.map.as_json()),
                },
            )
            uow.execute(
                text("update data_packet set load_map_id = :map, header = :header where id = :id"),
                {"map": load_map_id, "header": self.header, "id": packet_id},
            )
            uow.commit()
        return packet_id

    def uow(self) -> UnitOfWork:
        return UnitOfWork(self.engine, self.business.client_id)

    def rows(self, *rows: dict, packet=None):
        """Add clean rows; `gate` and other extras go into the cells, the rest into the columns of clean_row."""
        packet = packet or self.packet
        with self.uow() as uow:
            start = uow.scalar(
                text("select count(*) from data_packet_row where packet_id = :p"), {"p": packet}
            )
            cells = [[str(row.get(name, "")) for name in self._names()] for row in rows]
            common = {"packet_id": packet, "client_id": self.business.client_id}
            uow.execute(
                insert(DataPacketRow),
                [
                    common | {"row_no": start + n, "line_no": start + n + 1, "cells": c}
                    for n, c in enumerate(cells, 1)
                ],
            )
            kept = [(start + n, row) for n, row in enumerate(rows, 1) if not row.get("held")]
            if kept:
                uow.execute(insert(CleanRow), [common | {"row_no": n} | _clean(row) for n, row in kept])
            uow.commit()

    def run(self, step="assemble", packet=None):
        return steps.run(step, packet or self.packet, engine=self.engine, settings=self.settings, secrets={})

    def select(self, statement: str, **parameters):
        with self.uow() as uow:
            return uow.all(text(statement), {"packet": self.packet} | parameters)

    def messages(self):
        """Without `not_before`, whose -infinity is no Python datetime."""
        return self.select(
            "select id, row_no, channel, state, address, country, language, template_id, rule, subject, body, segments, encoding,"
            " expires_at from message where packet_id = :packet order by row_no"
        )

    def held(self):
        return self.select(
            "select * from held_row where packet_id = :packet order by row_no, code, column_name"
        )

    def _names(self):
        return [
            next(
                (
                    name
                    for name, column in (*self.map.fields.items(), *self.map.extras.items())
                    if column == title
                ),
                title,
            )
            for title in self.header
        ]


COLUMNS = {column.name for column in CleanRow.__table__.c}


def _clean(row: dict) -> dict:
    clean = dict.fromkeys(
        (
            "external_id",
            "first_name",
            "last_name",
            "full_name",
            "phone",
            "can_text",
            "phone_country",
            "email",
            "booked_at",
        )
    )
    clean |= {
        "phone_country": "US" if row.get("phone") else None,
        "language": "en",
        "time_zone": ZONE,
        "contact_at": SOON,
        "local_at": local(SOON),
        "changes": None,
    }
    return clean | {name: value for name, value in row.items() if name in COLUMNS}


@pytest.fixture
def bench(database, tmp_path) -> Bench:
    """With the texts of the builders."""
    return Bench(database, tmp_path)


@pytest.fixture
def make(database, tmp_path):
    """A bench with changes of its own."""
    return lambda **changes: Bench(database, tmp_path, **changes)


def rule(name, when, send):
    return {"name": name, "when": when, "send": send}

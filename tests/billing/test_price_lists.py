"""Which prices apply, and that nothing is free of charge because a price list has a gap."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select, text

from pipelines import clock
from pipelines.actions.billing.import_prices import PricesInvalid
from pipelines.billing.prices import Prices
from pipelines.errors import StepFailed
from pipelines.store.unit_of_work import UnitOfWork
from pipelines.tables.billing import PriceList
from tests.billing.paying import PRICES, START, Paying, import_, paying
from tests.builders import make_business

__all__ = ["paying"]

NEXT_YEAR = date(datetime.now(UTC).year + 1, 1, 1)


def test_prices_of_the_future_do_not_replace_those_of_today(paying):
    """They are imported as a version of their own, and apply from their day on."""
    future = [replace(line, valid_from=NEXT_YEAR, price_minor=7) for line in PRICES]
    import_(paying.app, paying.business.client_id, future)
    paying.people(2)
    paying.run()
    assert paying.balances()["reserved"] == 4
    with clock.set_to(datetime.combine(NEXT_YEAR, datetime.min.time(), UTC) + timedelta(days=2)):
        with paying.uow() as uow:
            prices = Prices.today(uow, paying.business.client_id)
        assert {row.price_minor for row in prices.rows} == {7}


def test_a_price_for_every_other_country_is_needed_from_the_first_day(paying):
    late = [
        replace(line, valid_from=NEXT_YEAR) if (line.channel, line.country) == ("sms", "*") else line
        for line in PRICES
    ]
    with pytest.raises(PricesInvalid, match=f"to all other countries must be valid from {START}"):
        import_(paying.app, paying.business.client_id, late)


def test_a_packet_on_a_channel_without_a_price_is_stopped(database, tmp_path):
    paying = Paying(database, tmp_path, lines=[line for line in PRICES if line.channel == "email"])
    paying.people(2)
    with pytest.raises(StepFailed, match="has no price for SMS today"):
        paying.run()
    assert paying.messages() == []
    import_(paying.app, paying.business.client_id)
    paying.run()
    assert paying.balances()["reserved"] == 4


def test_a_clients_own_prices_stay_however_new_those_of_the_platform_are(paying):
    with UnitOfWork(paying.engine, every_client=True) as uow:
        uow.execute(
            text(
                "with list as (insert into price_list (version, currency, imported_by) values (1000000, 'USD', 'test') returning id)"
                " insert into price (list_id, valid_from, channel, country, unit, price_minor)"
                " select id, :start, 'sms', '*', 'segment', 99 from list"
            ),
            {"start": START},
        )
        own = Prices.today(uow, paying.business.client_id)
    assert {row.price_minor for row in own.rows} == {line.price_minor for line in PRICES}


def test_a_client_reads_no_other_clients_prices(paying):
    other = make_business(paying.engine).client_id
    mine = select(PriceList.id).where(PriceList.client_id == paying.business.client_id)
    with UnitOfWork(paying.app, paying.business.client_id) as uow:
        assert uow.all(mine)
    with UnitOfWork(paying.app, other) as uow:
        assert not uow.all(mine)

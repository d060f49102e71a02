"""Limits for tests."""

from contextlib import contextmanager

from sqlalchemy import text

from pipelines.store.unit_of_work import UnitOfWork

RULE = (
    "insert into sending_limit (client_id, scope, subject, per_second, per_day)"
    " values (:client, :scope, :subject, :per_second, :per_day)"
)


def limit(boat, scope, subject="", *, per_second=None, per_day=None, of_all=False):
    client = None if of_all else boat.business.client_id
    values = {
        "client": client,
        "scope": scope,
        "subject": subject,
        "per_second": per_second,
        "per_day": per_day,
    }
    with UnitOfWork(boat.worker, every_client=True) as uow:
        uow.execute(text(RULE), values)
        uow.commit()


BUCKETS_AGE = "update sending_bucket set filled_at = filled_at - make_interval(secs => :seconds)"
SHARES_AGE = """
update sending_share
set filled_at = filled_at - make_interval(secs => :seconds), hungry_until = hungry_until - make_interval(secs => :seconds)
"""


def let_time_pass(boat, seconds):
    """Let all buckets and shares be this much older."""
    for statement in (BUCKETS_AGE, SHARES_AGE):
        boat.change(statement, seconds=seconds)


# Each change of a bucket, at the moment that its lock allowed: the units taken, less those put back.
WRITE_DOWN = """
create table taken_units (at timestamptz not null, units bigint not null);
create function write_down_units() returns trigger language plpgsql security definer as $$
begin
    insert into packetboat.taken_units values (new.filled_at, new.used - old.used);
    return null;
end $$;
create trigger write_down_units after update on sending_bucket for each row execute function write_down_units();
"""
FORGET = """
drop trigger write_down_units on sending_bucket;
drop function write_down_units();
drop table taken_units;
"""


@contextmanager
def units_written_down(owner):
    """Yields a function that returns the changes of all buckets meanwhile: rows with `at` (seconds of the epoch) and `units`."""

    def read():
        with owner.connect() as connection:
            return connection.execute(
                text("select extract(epoch from at)::float8 as at, units from taken_units order by at")
            ).all()

    with owner.begin() as connection:
        connection.execute(text(WRITE_DOWN))
    try:
        yield read
    finally:
        with owner.begin() as connection:
            connection.execute(text(FORGET))


def sms_sender(boat):
    [row] = boat.rows("select id::text from sender where channel = 'sms'")
    return row.id

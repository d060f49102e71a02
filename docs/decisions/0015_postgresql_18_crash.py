"""Crashes a backend of PostgreSQL 18.4 with a segmentation fault, which ends every session of the server.

    python docs/decisions/0015_postgresql_18_crash.py postgresql://superuser@host/scratch_database

Creates its own tables in the schema `crash`. On PostgreSQL 15.18 it prints "4 calls, 4 messages".
"""

import sys
import threading
import time

import psycopg

SET_UP = """
drop schema if exists crash cascade;
create schema crash;
set search_path = crash;
create table call (id int primary key, state text);
create table message (id int primary key, state text) partition by range (id);
create table message_1 partition of message for values from (0) to (1000);
create table message_2 partition of message for values from (1000) to (2000);
insert into call select n, 'open' from generate_series(1, 8) as n;
insert into message select n, 'open' from generate_series(1, 1900) as n;
-- Any function with a query of its own: it reuses the memory that was just freed.
create function busy(n bigint) returns bigint language plpgsql as $$
begin
    perform (select count(*) from generate_series(1, 100));
    return n;
end $$;
analyze call;
analyze message;
"""

# 1. `held` waits until another session has changed a row. The row is read again (EvalPlanQual) in a copy of the executor's state,
#    which includes every sub-plan of the statement, also `moved`.
# 2. Copying `moved` sets up the run-time pruning of the partitions of `message` again, in a pruning state that the copy shares with
#    the original.
# 3. `held` ends, and the copy with it. The copy's memory is freed, but the original's pruning state points into it.
# 4. `moved` starts and prunes with freed memory: a call through a null pointer in perform_pruning_base_step().
CRASH = """
with held as materialized (
    select id from call where state = 'open' order by id for update
),
closed as (
    update call set state = 'closed' from held
    where call.id = held.id and (select busy(count(*)) from held) > 0
    returning call.id
),
moved as (
    update message set state = 'moved' from closed where message.id = closed.id returning message.id
)
select (select count(*) from closed), (select count(*) from moved)
"""


def session(dsn: str) -> psycopg.Connection:
    connection = psycopg.connect(dsn, autocommit=True)
    connection.execute("set search_path = crash; set enable_hashjoin = off; set enable_mergejoin = off")
    return connection


def run(connection: psycopg.Connection) -> None:
    try:
        calls, messages = connection.execute(CRASH).fetchone()
    except psycopg.OperationalError as error:
        print(f"The server crashed: {str(error).splitlines()[0]}")
    else:
        print(f"{calls} calls, {messages} messages")


def main(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(SET_UP)
        print(connection.execute("select version()").fetchone()[0])
    other, lane = session(dsn), session(dsn)
    with other.transaction():
        other.execute("update call set state = 'other' where id <= 4")
        thread = threading.Thread(target=run, args=(lane,))
        thread.start()
        time.sleep(0.5)  # until `held` waits for the four rows
    thread.join()


if __name__ == "__main__":
    main(sys.argv[1])

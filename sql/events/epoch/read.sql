-- What tells this database from a restored or copied one: the server, its timeline (another one after a recovery to a point in time), the
-- database, the table `epoch` itself, how often the epoch was counted, and how much the server has written. One row.
select
    (select cast(system_identifier as text) from pg_control_system()) as system,
    (select timeline_id from pg_control_checkpoint()) as timeline,
    cast((select oid from pg_database where datname = current_database()) as bigint) as database,
    cast(epoch.tableoid as bigint) as tables,
    epoch.table_oid = epoch.tableoid as same_tables,
    epoch.beat,
    cast(pg_current_wal_flush_lsn() - '0/0'::pg_lsn as bigint) as written
from epoch

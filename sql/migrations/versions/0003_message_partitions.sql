-- Messages are kept by month. The partition key is the message's own UUIDv7, whose first 48 bits are the milliseconds since 1970
-- (RFC 9562, 5.7), so one key serves as primary key, as partition key and as time.

create function uuidv7_floor(moment timestamptz) returns uuid
language sql immutable strict parallel safe as $$
    select (lpad(to_hex((extract(epoch from moment) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
$$;

-- Creates the partition of the month that contains `moment`, unless it exists. It is called by the steps, which own no table: hence
-- security definer, with a fixed search path.
create function ensure_message_partition(moment timestamptz) returns void
language plpgsql security definer set search_path = packetboat, pg_temp as $$
declare
    month_start timestamptz := date_trunc('month', moment, 'UTC');
    partition_name text := 'message_' || to_char(month_start at time zone 'UTC', 'YYYY_MM');
begin
    if to_regclass(partition_name) is not null then
        return;
    end if;
    perform pg_advisory_xact_lock(hashtext('ensure_message_partition'));
    if to_regclass(partition_name) is not null then
        return;
    end if;
    -- A claim updates all rows of a page. With room for a second version of each, these are HOT updates that touch no index, and recording
    -- the answers reuses the room of the first versions.
    execute format(
        'create table %I partition of message for values from (%L) to (%L) with (fillfactor = 45)',
        partition_name, uuidv7_floor(month_start), uuidv7_floor(month_start + interval '1 month'));
    perform protect_tenant_table(partition_name::regclass);
end
$$;

revoke execute on function ensure_message_partition from public;
grant execute on function ensure_message_partition to packetboat_app, packetboat_worker;

select ensure_message_partition(now());
select ensure_message_partition(now() + interval '1 month');

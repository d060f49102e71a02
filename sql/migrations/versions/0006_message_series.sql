-- A message has only one possible id: the first 96 bits of its series and the number of its row (RFC 9562, 6.2, method 1). The primary key
-- of `message` accepts it once, so message_key, with its row per message, is no longer needed.

create function message_id(series uuid, row_no integer) returns uuid
language sql immutable parallel safe as $$
    select (left(series::text, 28) || lpad(to_hex(row_no), 8, '0'))::uuid
$$;

create table message_series (
    packet_id uuid not null,
    step_no smallint not null,
    channel text not null,
    client_id uuid not null,
    series uuid default uuidv7() not null,
    constraint message_series_pkey primary key (packet_id, step_no, channel)
);

select protect_tenant_table('message_series');
-- A series is permanent: without it, its messages could be made again.
revoke update, delete on message_series from packetboat_app, packetboat_worker;

select set_config('packetboat.scope', 'every_client', true);
insert into message_series (packet_id, step_no, channel, client_id, series)
select distinct on (packet_id, step_no, channel) packet_id, step_no, channel, client_id, message_id
from message_key
order by packet_id, step_no, channel, row_no;

drop table message_key;

-- Schedules, quiet hours and holidays: when each message may go out (docs/decisions/0030).

-- The moment at which the clocks of a zone show a local time. A time that a clock change skips becomes as much later as the clocks went
-- forward, as timezone() has it. Of a time that occurs twice, timezone() gives the second; three hours before, no clock change is near, so
-- counting from there gives the first.
create function local_moment(local_time timestamp, zone text) returns timestamptz
language sql immutable strict parallel safe
return case
    when timezone(zone, timezone(zone, local_time - interval '3 hours') + interval '3 hours') = local_time
        then least(timezone(zone, local_time), timezone(zone, local_time - interval '3 hours') + interval '3 hours')
    else timezone(zone, local_time)
end;

-- When the messages of a packet may go out, by where the person is: two parallel arrays, in order, of when the hours begin and end.
-- `place` is empty, a zone or the first digits of a phone number, and the country of the number where its holidays count; `zones` are those that it may be in. Replaced by each run of assemble.
create table send_window (
    packet_id uuid not null,
    place text not null,
    client_id uuid not null,
    window_no integer not null,
    zones text[] not null,
    opens timestamptz[] not null,
    closes timestamptz[] not null,
    constraint send_window_pkey primary key (packet_id, place),
    constraint send_window_packet_id_window_no_key unique (packet_id, window_no)
);

select protect_tenant_table('send_window');

-- `closes_at` ends the span in which `not_before` lies. A message that is not sent by then moves to the next span of its window.
alter table message
    add column closes_at timestamptz default 'infinity' not null,
    add column window_no integer;

-- Every message has an end (B9): assembly computes it. One that was written without any gets three days.
alter table message alter column expires_at set default now() + interval '3 days';
select set_config('packetboat.scope', 'every_client', true);
update message set expires_at = default where expires_at = 'infinity';
select set_config('packetboat.scope', '', true);
alter table message add constraint message_expires_at_check check (expires_at < 'infinity');

-- The rows of which a message was too late, whatever became of their other messages: people to be reached another way.
alter table packet_total add column late integer default 0 not null;
select set_config('packetboat.scope', 'every_client', true);
update packet_total
set late = counted.late
from (select packet_id, count(distinct row_no) as late from message where state = 'expired' group by packet_id) as counted
where counted.packet_id = packet_total.packet_id;
select set_config('packetboat.scope', '', true);

-- How many messages become due at `until`.
alter table channel_wait add column due integer;

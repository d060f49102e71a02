-- The series that the ids of a packet's messages are made from, by step of the schedule and channel: those of an earlier run, or new ones with their monthly
-- partition. A series of an earlier run gets no partition here: once its month is archived, none of its messages can be made again. Grain: a step and a channel.
-- Parameters: packet_id, client_id, step_nos (of the schedule), channels.
with made as (
    insert into message_series (packet_id, step_no, channel, client_id)
    select cast(:packet_id as uuid), step_no, channel, cast(:client_id as uuid)
    from unnest(cast(:step_nos as smallint[])) as step_no
    cross join unnest(cast(:channels as text[])) as channel
    on conflict do nothing
    returning step_no, channel, series
)
select step_no, channel, series
from made
cross join lateral ensure_message_partition(uuid_extract_timestamp(series))
union all
select step_no, channel, series
from message_series
where packet_id = :packet_id
    and step_no = any(cast(:step_nos as smallint[]))

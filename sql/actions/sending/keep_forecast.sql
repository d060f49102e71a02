-- Keeps the newest forecast of a packet. Until its first call begins, it is also the first one; its end is noted when it is settled.
-- Grain: a packet. Parameters: packet_id, client_id, messages, late, seconds (until all are out; null: never), due (messages that could go
-- at once, by channel).
insert into packet_forecast as kept (
    packet_id, client_id, made_at, all_out_at, messages, late, due, first_made_at, first_all_out_at, done_at
)
select
    :packet_id, :client_id, now(), forecast.all_out_at, :messages, :late, cast(:due as jsonb), now(), forecast.all_out_at,
    case when :messages = 0 and (select state from data_packet where id = :packet_id) = 'settled' then calls.last end
from (select packetboat_now() + make_interval(secs => cast(:seconds as float8)) as all_out_at) as forecast
cross join (
    select max(begun_at) as last from provider_call where packet_id = :packet_id
) as calls
on conflict (packet_id) do update
set
    made_at = excluded.made_at, all_out_at = excluded.all_out_at, messages = excluded.messages, late = excluded.late,
    due = excluded.due,
    done_at = excluded.done_at,
    first_made_at = case
        when exists (select from provider_call where packet_id = :packet_id and begun_at is not null) then kept.first_made_at
        else excluded.first_made_at
    end,
    first_all_out_at = case
        when exists (select from provider_call where packet_id = :packet_id and begun_at is not null) then kept.first_all_out_at
        else excluded.first_all_out_at
    end

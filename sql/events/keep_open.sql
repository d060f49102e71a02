-- Opens events again, just closed, that wait for the answer of a later call: they are tried again after a minute. The addresses in them are
-- suppressed already. Grain: an event. Parameter: waiting (their ids).
insert into open_event (inbox_id, next_try_at, suppressed)
select unnest(cast(:waiting as bigint[])), now() + interval '1 minute', true

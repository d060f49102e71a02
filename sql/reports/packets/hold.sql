-- The hold of the platform, if there is one; or one that nobody has noticed yet, of a restored dump. Grain: a pause. `packets`: how many wait.
select
    to_jsonb(hold) as pause,
    (select count(*) from data_packet where state in ('received', 'preparing', 'sending')) as packets
from (
    select scope, code, params, final, begun_by, begun_at
    from pause
    where client_id is null and ended_at is null
    union all
    select 'platform', 'hold_restored', cast('{}' as jsonb), false, 'Packetboat', beat_at
    from epoch
    where table_oid <> tableoid
) as hold
limit 1

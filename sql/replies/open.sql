-- The oldest open replies that are not set aside, or are to be tried again now. Grain: a reply. Parameters: ids (of these only; null: of all),
-- limit.
select id, suppressed
from reply
where
    outcome is null and (next_try_at is null or next_try_at <= now())
    and (cast(:ids as uuid[]) is null or id = any(cast(:ids as uuid[])))
order by id
limit :limit

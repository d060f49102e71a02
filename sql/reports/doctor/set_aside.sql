-- The events and replies that were set aside because they could not be processed. Grain: a provider and a problem.
select provider, problem, count(*) as cases, min(received_at) as since
from (
    select event_inbox.provider, open_event.problem, event_inbox.received_at
    from open_event
    join event_inbox on event_inbox.id = open_event.inbox_id
    where open_event.next_try_at is not null and open_event.problem is not null
    union all
    select provider, problem, received_at
    from reply
    where outcome is null and next_try_at is not null
) as kept
group by provider, problem
order by provider, problem

-- Stops a channel of a client: the breakers of its active senders open, and only a person closes them. Grain: a sender.
-- Parameters: client_id, channel, params (JSON; of the sentence that says why). Returns those that were not stopped yet.
insert into breaker as known (provider, channel, sender_id, state, reason, params, setbacks, retry_at)
select provider, channel, id, 'open', 'complaints', cast(:params as jsonb), 0, 'infinity'
from sender
where client_id = :client_id and channel = :channel and state = 'active'
on conflict (provider, channel, sender_id) do update
set
    state = 'open', reason = excluded.reason, params = excluded.params, holder = null, retry_at = excluded.retry_at,
    opened_at = case when known.state = 'closed' then now() else known.opened_at end
where known.state <> 'open' or known.reason <> excluded.reason or known.retry_at < excluded.retry_at
returning id

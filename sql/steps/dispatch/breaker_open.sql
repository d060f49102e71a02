-- Opens a breaker, or keeps it open for longer: nobody calls for `seconds`. Trouble that continues keeps the time at which it began.
-- One that only a person closes stays as it is.
-- Grain: a provider and channel, or one sender of it. Parameters: provider, channel, sender_id (null: the whole account), reason, params (JSON),
-- setbacks, seconds.
insert into breaker as known (provider, channel, sender_id, state, reason, params, setbacks, retry_at)
values (
    :provider, :channel, cast(:sender_id as uuid), 'open', :reason, cast(:params as jsonb), :setbacks,
    now() + make_interval(secs => :seconds)
)
on conflict (provider, channel, sender_id) do update
set
    state = 'open', reason = excluded.reason, params = excluded.params, holder = null,
    setbacks = greatest(known.setbacks, excluded.setbacks),
    opened_at = case when known.state = 'closed' then now() else known.opened_at end,
    retry_at = case when known.state = 'open' then greatest(known.retry_at, excluded.retry_at) else excluded.retry_at end
where known.state = 'closed' or known.retry_at < 'infinity'

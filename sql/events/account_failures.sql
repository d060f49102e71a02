-- Opens the breakers of providers that reported a failure of our account, unless they are open already. Grain: a provider and channel.
-- Parameters: message_ids (those that failed), seconds, providers and codes (two parallel arrays: the failures of an account).
insert into breaker as known (provider, channel, sender_id, state, reason, params, setbacks, retry_at)
select distinct on (provider_call.provider, provider_call.channel)
    provider_call.provider, provider_call.channel, cast(null as uuid), 'open', 'provider_down',
    jsonb_build_object('status', '–', 'error', message.error_code), 1, now() + make_interval(secs => :seconds)
from message
join attempt on attempt.message_id = message.id and attempt.attempt_no = message.attempt_no
join provider_call on provider_call.id = attempt.call_id
join unnest(cast(:providers as text[]), cast(:codes as text[])) as ours (provider, code)
    on ours.provider = provider_call.provider and ours.code = message.error_code
where message.id = any(cast(:message_ids as uuid[]))
order by provider_call.provider, provider_call.channel
on conflict (provider, channel, sender_id) do update
set
    state = 'open', reason = excluded.reason, params = excluded.params, setbacks = excluded.setbacks, holder = null, opened_at = now(),
    retry_at = excluded.retry_at
where known.state = 'closed'

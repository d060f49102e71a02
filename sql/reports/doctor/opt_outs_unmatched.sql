-- The opt-outs and complaints of the last 90 days that match no message, although their call has long been recorded, or
-- contradict it, and the answers with a
-- wish to stop that suppressed nobody. Grain: a provider. Parameter: patience_minutes.
select provider, count(*) as opt_outs
from (
    select provider
    from event_inbox
    where
        opt_out <> 'hard_bounce'
        and (
            outcome in ('unmatched', 'contradicting')
            or received_at < now() - make_interval(mins => :patience_minutes)
            and exists (select from open_event where inbox_id = event_inbox.id and not (suppressed and problem is null))
        )
        and received_at > now() - interval '90 days'
    union all
    select provider
    from reply
    where
        kind = 'stop' and outcome <> 'matched' and client_id is null and from_address <> '' and received_at > now() - interval '90 days'
        and not exists (select from suppression where address_hash = address_hash(comparable_address(reply.from_address)))
) as wish
group by provider
order by provider

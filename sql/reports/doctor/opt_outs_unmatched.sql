-- The opt-outs and complaints of the last 90 days that match no message, although their call has long been recorded. Grain: a provider.
-- Parameter: patience_minutes.
select provider, count(*) as opt_outs
from event_inbox
where
    opt_out <> 'hard_bounce'
    and (outcome = 'unmatched' or outcome is null and received_at < now() - make_interval(mins => :patience_minutes))
    and received_at > now() - interval '90 days'
group by provider
order by provider

-- How often each provider reported a failure with each code in the last week. Grain: a provider and code.
select provider, error_code, count(*) as cases
from event_inbox
where
    received_at > now() - interval '7 days' and state in ('failed', 'undelivered') and error_code is not null
group by provider, error_code
order by provider, error_code

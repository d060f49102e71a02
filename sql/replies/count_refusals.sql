-- Adds to the refused calls of today. Grain: a provider and a reason. Parameters: parallel arrays providers, reasons, refused.
insert into hook_refusal (day, provider, reason, refused)
select (now() at time zone 'utc')::date, provider, reason, refused
from unnest(cast(:providers as text[]), cast(:reasons as text[]), cast(:refused as bigint[])) as counted (provider, reason, refused)
on conflict (day, provider, reason) do update
set refused = hook_refusal.refused + excluded.refused

-- When a call was begun: what a lane had only claimed when it died goes back to ready, and only what was begun is in doubt.
-- Calls that are open now were claimed under the earlier rule, which said nothing of it: they count as begun.

alter table provider_call add column begun_at timestamptz;

update provider_call set begun_at = claimed_at where state = 'sending';

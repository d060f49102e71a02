-- When a call was begun: if a lane dies, what it had only claimed becomes ready again, and only what was begun is in doubt.
-- Calls that are open now were claimed before this rule, so they count as begun.

alter table provider_call add column begun_at timestamptz;

update provider_call set begun_at = claimed_at where state = 'sending';

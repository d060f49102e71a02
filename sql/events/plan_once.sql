-- For this transaction, each statement has one plan whatever the batch: it walks from each event to its rows by their indexes. The planner
-- cannot tell how many rows a client's policy hides; otherwise it scans whole tables for a batch of a few thousand events.
select
    set_config('plan_cache_mode', 'force_generic_plan', true), set_config('enable_seqscan', 'off', true),
    set_config('enable_bitmapscan', 'off', true)

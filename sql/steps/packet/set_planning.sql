-- For this transaction: memory to sort out a million distinct values; no nested loops (every join here is between two sets of one packet,
-- and where the planner knows nothing of a new packet yet it would take one of them for a single row); and work shared out freely,
-- because the planner does not know that matching a phone number is dear.
select
    set_config('work_mem', '64MB', true),
    set_config('enable_nestloop', 'off', true),
    set_config('parallel_tuple_cost', '0', true),
    set_config('parallel_setup_cost', '100', true)

-- For this transaction: memory to sort a million distinct values; no nested loops (every join here is between two sets of one packet, and
-- without statistics of a new packet the planner would take one of them for a single row); and cheap parallelism, because the planner does
-- not know how expensive it is to match a phone number.
select
    set_config('work_mem', '64MB', true),
    set_config('enable_nestloop', 'off', true),
    set_config('parallel_tuple_cost', '0', true),
    set_config('parallel_setup_cost', '100', true)

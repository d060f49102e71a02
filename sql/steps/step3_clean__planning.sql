-- For this transaction: memory to sort out a million distinct values, and no nested loops. Every join here is between two sets of one
-- packet; where the planner knows nothing of a new packet yet it would take one of them for a single row.
select set_config('work_mem', '64MB', true), set_config('enable_nestloop', 'off', true)

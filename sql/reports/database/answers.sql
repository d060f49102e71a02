-- Whether the database answers. Grain: one row.
select 1

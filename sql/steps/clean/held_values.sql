-- Holds the rows with an unusable value that they need. A bad address does not hold a row that has another, good one: it is left out and
-- the change is noted. Grain: a row and a reason. Only fields whose bad values may hold a row take part.
-- {values}, for each such field, its cell and what is wrong with it:
--     email_open, email_value.code as email_code, email_value.params as email_params
-- {addresses}, for each address of the file, its value by SQL or by Python: email, email_value.value
-- {from_python} joins the values that Python found for the open cells:
--     left join clean_value as email_value on email_value.field = 'email' and email_value.raw = email_open
-- {bad} selects the rows: email_value.code is not null or postcode_value.code is not null
-- {reasons}, for each such field, its column in the file, what is wrong, and whether that holds the row:
--     (cast(:email_column as text), email_code, email_params, email_open, not reachable)
-- Parameters: packet_id, client_id; <field>_column of each such field.
insert into held_row (packet_id, row_no, client_id, step, line_no, column_name, code, params, value)
with bad_row as (
    select row_no, line_no, {values}, coalesce({addresses}) is not null as reachable
    from clean_pick
    {from_python}
    where {bad}
)
select
    cast(:packet_id as uuid), row_no, cast(:client_id as uuid), 'clean', line_no, column_name, code, params, left(cell, 500)
from bad_row
cross join lateral (values {reasons}) as reason (column_name, code, params, cell, holds)
where code is not null and holds

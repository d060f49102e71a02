-- The usable rows, clean and typed. Grain: a row.
-- {columns} names the columns of the fields of the file: email, language
-- {values} is what goes into them, by SQL or by Python: coalesce(email, email_value.value), coalesce(language, language_value.value, :language)
-- {can_text} says whether a text can reach the phone: what the fast path knows can be reached.
-- {changes} is the change of each field, or null: email_value.change, or where the fast path changes something,
--     coalesce(email_value.change, case when email_changed then 'email:email' end)
-- {from_python} joins what Python made of the open cells:
--     left join clean_value as email_value on email_value.field = 'email' and email_value.raw = email_open
-- Parameters: packet_id, client_id, time_zone; language (of rows that name none).
insert into clean_row (packet_id, row_no, client_id, {columns}, can_text, contact_at, local_at, time_zone, changes)
select
    cast(:packet_id as uuid),
    row_no,
    cast(:client_id as uuid),
    {values},
    {can_text},
    contact_at,
    local_at,
    :time_zone,
    case num_nonnulls({changes}, clean_moment.change)
        when 0 then null
        when 1 then array[coalesce({changes}, clean_moment.change)]
        else array_remove(array[{changes}, clean_moment.change], null)
    end
from clean_pick
{from_python}
left join clean_moment using (date_raw, time_raw)
where row_no not in (select row_no from held_row where packet_id = :packet_id)

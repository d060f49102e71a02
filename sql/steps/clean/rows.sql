-- Fills clean_row with the usable rows, clean and typed. Grain: a row.
-- {columns}, the columns of the file's fields: email, language
-- {values}, their values, by SQL or by Python: coalesce(email, email_value.value), coalesce(language, language_value.value, :language)
-- {can_text}, whether the phone can receive texts: true for every phone that the fast path accepts. {phone_country}, the phone's country:
--     the packet's region for those.
-- {changes}, the change of each field, or null: email_value.change, or if the fast path may change the value,
--     coalesce(email_value.change, case when email_changed then 'email:email' end)
-- {from_python} joins the values that Python found for the open cells:
--     left join clean_value as email_value on email_value.field = 'email' and email_value.raw = email_open
-- Parameters: packet_id, client_id, time_zone; region (if the file has phones), language (for rows without one).
insert into clean_row (packet_id, row_no, client_id, {columns}, can_text, phone_country, contact_at, local_at, time_zone, changes)
select
    cast(:packet_id as uuid),
    row_no,
    cast(:client_id as uuid),
    {values},
    {can_text},
    {phone_country},
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

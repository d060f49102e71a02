-- The usable rows, clean and typed. Grain: a row.
-- Parameters: packet_id, client_id; language (of rows that name none), time_zone.
insert into clean_row (
    packet_id, row_no, client_id, external_id, first_name, last_name, full_name, phone, can_text, email, language, contact_at,
    local_at, time_zone, changes
)
select
    cast(:packet_id as uuid),
    row_no,
    cast(:client_id as uuid),
    coalesce(external_id, external_id_value.value),
    coalesce(first_name, first_name_value.value),
    coalesce(last_name, last_name_value.value),
    coalesce(full_name, full_name_value.value),
    coalesce(phone, phone_value.value),
    case when phone is not null then true else phone_value.can_text end,
    coalesce(email, email_value.value),
    coalesce(language_value.value, :language),
    contact_at,
    local_at,
    :time_zone,
    case
        when coalesce(
            external_id_value.change, first_name_value.change, last_name_value.change, full_name_value.change,
            phone_value.change, email_value.change, language_value.change, clean_moment.change
        ) is not null
            or email_changed
            then array_remove(
                array[
                    external_id_value.change, first_name_value.change, last_name_value.change, full_name_value.change,
                    coalesce(phone_value.change, case when phone_changed then 'phone:e164' end),
                    coalesce(email_value.change, case when email_changed then 'email:email' end),
                    language_value.change, clean_moment.change
                ],
                null
            )
        when phone_changed then array['phone:e164']
    end
from clean_pick
left join clean_value as external_id_value on external_id_value.field = 'external_id' and external_id_value.raw = external_id_open
left join clean_value as first_name_value on first_name_value.field = 'first_name' and first_name_value.raw = first_name_open
left join clean_value as last_name_value on last_name_value.field = 'last_name' and last_name_value.raw = last_name_open
left join clean_value as full_name_value on full_name_value.field = 'full_name' and full_name_value.raw = full_name_open
left join clean_value as phone_value on phone_value.field = 'phone' and phone_value.raw = phone_open
left join clean_value as email_value on email_value.field = 'email' and email_value.raw = email_open
left join clean_value as language_value on language_value.field = 'language' and language_value.raw = language_cell
left join clean_moment using (date_raw, time_raw)
where row_no not in (select row_no from held_row where packet_id = :packet_id)

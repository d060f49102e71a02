-- The distinct values that Python has to look at. Grain: a field and a value.
select distinct field, raw
from clean_pick
cross join lateral (
    values
        ('external_id', case when external_id is null then external_id_cell end),
        ('first_name', case when first_name is null then first_name_cell end),
        ('last_name', case when last_name is null then last_name_cell end),
        ('full_name', case when full_name is null then full_name_cell end),
        ('phone', case when phone is null then phone_cell end),
        ('email', case when email is null then email_cell end)
) as unusual (field, raw)
where raw is not null
    and (
        (external_id is null and external_id_cell is not null)
        or (first_name is null and first_name_cell is not null)
        or (last_name is null and last_name_cell is not null)
        or (full_name is null and full_name_cell is not null)
        or (phone is null and phone_cell is not null)
        or (email is null and email_cell is not null)
    )
union all
select distinct 'language', language_cell
from clean_pick
where language_cell is not null

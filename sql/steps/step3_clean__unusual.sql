-- The distinct values that Python has to look at. Grain: a field and a value.
select distinct 'external_id' as field, external_id_cell as raw from clean_pick where external_id is null and external_id_cell is not null
union all
select distinct 'first_name', first_name_cell from clean_pick where first_name is null and first_name_cell is not null
union all
select distinct 'last_name', last_name_cell from clean_pick where last_name is null and last_name_cell is not null
union all
select distinct 'full_name', full_name_cell from clean_pick where full_name is null and full_name_cell is not null
union all
select distinct 'phone', phone_cell from clean_pick where phone is null and phone_cell is not null
union all
select distinct 'email', email_cell from clean_pick where email is null and email_cell is not null
union all
select distinct 'language', language_cell from clean_pick where language_cell is not null

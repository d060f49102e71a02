-- The distinct values that Python has to look at. Grain: a field and a value.
select distinct 'external_id' as field, external_id_open as raw from clean_pick where external_id_open is not null
union all
select distinct 'first_name', first_name_open from clean_pick where first_name_open is not null
union all
select distinct 'last_name', last_name_open from clean_pick where last_name_open is not null
union all
select distinct 'full_name', full_name_open from clean_pick where full_name_open is not null
union all
select distinct 'phone', phone_open from clean_pick where phone_open is not null
union all
select distinct 'email', email_open from clean_pick where email_open is not null
union all
select distinct 'language', language_cell from clean_pick where language_cell is not null

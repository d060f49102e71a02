-- The distinct values that Python has to look at. Grain: a field and a value.
select field, raw
from (
    select distinct 'external_id' as field, external_id_raw as raw from clean_pick where external_id_raw is not null
    union all
    select distinct 'first_name', first_name_raw from clean_pick where first_name_raw is not null
    union all
    select distinct 'last_name', last_name_raw from clean_pick where last_name_raw is not null
    union all
    select distinct 'full_name', full_name_raw from clean_pick where full_name_raw is not null
    union all
    select distinct 'phone', phone_raw from clean_pick where phone_raw is not null
    union all
    select distinct 'email', email_raw from clean_pick where email_raw is not null
    union all
    select distinct 'language', language_raw from clean_pick where language_raw is not null
) as unusual

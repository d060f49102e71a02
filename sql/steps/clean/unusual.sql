-- The distinct values of a field that Python has to look at. Grain: a value. {field} is the field's name: phone_open.
select distinct {field}_open as raw from clean_pick where {field}_open is not null

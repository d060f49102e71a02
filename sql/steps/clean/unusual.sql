-- The distinct values of a field that Python has to look at. Grain: a value. {field} is the name of the field, as in phone_open.
select distinct {field}_open as raw from clean_pick where {field}_open is not null

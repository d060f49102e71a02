-- How many seconds are left until the next try is allowed. Parameters: purpose, name.
select ceil(extract(epoch from next_try_at - clock_timestamp()))::integer
from login_delay
where name_digest = sha256(convert_to(:purpose || e'\n' || lower(:name), 'UTF8'))

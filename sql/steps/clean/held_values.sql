-- Hold the rows whose address or contact time cannot be used. A bad phone alone does not hold a row that has a good e-mail address,
-- nor the other way round: the address is left out and the change noted. Grain: a row and a reason.
-- Parameters: packet_id, client_id; phone_column, email_column, date_column, time_column (names in the file's header).
insert into held_row (packet_id, row_no, client_id, step, line_no, column_name, rule, sentence, value)
with value_problem as (
    select
        row_no,
        line_no,
        phone_open,
        email_open,
        phone_value.rule as phone_rule,
        phone_value.sentence as phone_sentence,
        email_value.rule as email_rule,
        email_value.sentence as email_sentence,
        coalesce(phone, phone_value.value, email, email_value.value) is not null as reachable
    from clean_pick
    left join clean_value as phone_value on phone_value.field = 'phone' and phone_value.raw = phone_open
    left join clean_value as email_value on email_value.field = 'email' and email_value.raw = email_open
    where phone_value.rule is not null or email_value.rule is not null
)
select cast(:packet_id as uuid), row_no, cast(:client_id as uuid), 'clean', line_no, :phone_column, phone_rule, phone_sentence, left(phone_open, 500)
from value_problem
where phone_rule is not null and not reachable
union all
select cast(:packet_id as uuid), row_no, cast(:client_id as uuid), 'clean', line_no, :email_column, email_rule, email_sentence, left(email_open, 500)
from value_problem
where email_rule is not null and not reachable
union all
select
    cast(:packet_id as uuid),
    row_no,
    cast(:client_id as uuid),
    'clean',
    line_no,
    case when clean_moment.field = 'contact_time' and time_raw <> '' then cast(:time_column as text) else :date_column end,
    clean_moment.rule,
    clean_moment.sentence,
    case when clean_moment.field = 'contact_time' and time_raw <> '' then left(time_raw, 500) else left(date_raw, 500) end
from clean_pick
join clean_moment using (date_raw, time_raw)
where clean_moment.rule is not null

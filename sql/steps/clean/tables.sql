-- Where cleaning works, beside clean_pick: gone with the transaction.
-- clean_value: what Python made of each distinct raw value of a field. clean_moment: the same for each pair of date and time. code and
-- params say why it cannot be used.
drop table if exists clean_pick, clean_date, clean_value, clean_moment;
create temp table clean_value (
    field text not null,
    raw text not null,
    value text,
    can_text boolean,
    change text,
    code text,
    params jsonb
) on commit drop;
create temp table clean_moment (
    date_raw text not null,
    time_raw text not null,
    contact_at timestamptz,
    local_at text,
    change text,
    field text,
    code text,
    params jsonb
) on commit drop;

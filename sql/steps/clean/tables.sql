-- The temporary tables of cleaning, besides clean_pick and clean_date. They end with the transaction.
-- clean_value: the clean value that Python found for each distinct raw value of a field. clean_moment: the same for each pair of date and
-- time. code and params say why a value cannot be used.
drop table if exists clean_pick, clean_date, clean_value, clean_moment;
create temp table clean_value (
    field text not null,
    raw text not null,
    value text,
    can_text boolean,
    country text,
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

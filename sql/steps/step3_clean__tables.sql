-- Where cleaning works: gone with the transaction.
-- clean_pick: a usable row, its mapped cells; a field stands either clean in its column or, where only Python can tell, as it was in *_raw.
-- clean_value: what Python made of each distinct raw value of a field. clean_moment: the same for each pair of date and time.
drop table if exists clean_pick, clean_value, clean_moment;
create temp table clean_pick (
    row_no int not null,
    line_no int not null,
    external_id text, external_id_raw text,
    first_name text, first_name_raw text,
    last_name text, last_name_raw text,
    full_name text, full_name_raw text,
    phone text, phone_raw text,
    email text, email_raw text,
    language_raw text,
    date_raw text,
    time_raw text,
    changes text[]
) on commit drop;
create temp table clean_value (
    field text not null,
    raw text not null,
    value text,
    can_text boolean,
    change text,
    rule text,
    sentence text
) on commit drop;
create temp table clean_moment (
    date_raw text not null,
    time_raw text not null,
    contact_at timestamptz,
    local_at text,
    change text,
    field text,
    rule text,
    sentence text
) on commit drop;

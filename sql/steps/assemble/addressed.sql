-- From clean row to text: the rule that applies to each row, the channel, the address, and the text of the campaign.
-- Grain: a clean row of the packet that is not held, and a step of the schedule. Parameter: packet_id. messages.sql and by_jinja.sql begin with this statement;
-- pipelines/steps/assemble/fillings.py fills the holes.
--
-- Each layer ends in OFFSET 0, which keeps PostgreSQL from computing an expression again for every use. The zero is typed: if it still had
-- to be cast, the planner would not know that it is zero and would not use parallel workers.
with person as (
    -- {values}: each field, and each column of the file that a rule or a text uses, as text
    select row_no, can_text, phone_country, contact_at, booked_at, local_at, time_zone, {values}
    from clean_row
    -- PostgreSQL removes this join when no column of the file is used, since it can neither add nor remove a row
    left join data_packet_row as file_row using (packet_id, row_no)
    where packet_id = :packet_id
        and not exists (
            select from held_row
            where held_row.packet_id = :packet_id and held_row.row_no = clean_row.row_no
        )
    offset bigint '0'
),
ruled as (
    -- {rule_no}: the place (from 0) of the first rule that matches and whose channel can reach the row; null for none
    select person.*, {rule_no} as rule_no
    from person
    offset bigint '0'
),
reached as (
    -- {channel} and {address}: those of the rule. {country}: that of a phone number, null for other addresses. {step_no}: a row for each step.
    select ruled.*, {channel} as channel, {address} as address, {country} as country, {step_no} as step_no
    from ruled
    offset bigint '0'
)
-- {text_no}: the place (from 0) of the campaign's text for this channel and the row's language; null for none
select reached.*, {text_no} as text_no
from reached
offset bigint '0'

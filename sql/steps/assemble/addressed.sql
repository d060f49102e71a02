-- From clean row to text: by which rule each row is written to, on which channel, at which address, in which text of the campaign.
-- Grain: a clean row of the packet that nothing holds. Parameter: packet_id. The two statements that begin with this one are
-- messages.sql and by_jinja.sql; what fills the holes is in pipelines/steps/assemble/fillings.py.
--
-- Each layer ends in OFFSET 0, which keeps PostgreSQL from working an expression out again for every use of it. The zero has a type,
-- because a number that has yet to be cast hides from the planner that it is zero, and then processes do not share the work.
with person as (
    -- {values}: each field, and each column of the file that a rule or a text names, as text
    select row_no, can_text, contact_at, local_at, time_zone, {values}
    from clean_row
    -- left out by PostgreSQL when no column of the file is named, since it could neither add nor take away a row
    left join data_packet_row as file_row using (packet_id, row_no)
    where packet_id = :packet_id
        and not exists (
            select from held_row
            where held_row.packet_id = :packet_id and held_row.row_no = clean_row.row_no
        )
    offset bigint '0'
),
ruled as (
    -- {rule_no}: the place (from 0) of the first rule that holds and whose channel can reach the row; null for none
    select person.*, {rule_no} as rule_no
    from person
    offset bigint '0'
),
reached as (
    -- {channel} and {address}: those of the rule
    select ruled.*, {channel} as channel, {address} as address
    from ruled
    offset bigint '0'
)
-- {text_no}: the place (from 0) of the campaign's text for this channel and the row's language; null for none
select reached.*, {text_no} as text_no
from reached
offset bigint '0'

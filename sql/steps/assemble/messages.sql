-- Every message of a packet, exactly as it will be sent, and every row that cannot have one, with its problem. PostgreSQL shares the work
-- of CREATE TABLE … AS out to several processes, which it never does for INSERT … SELECT: so it is worked out here and written by
-- store.sql (messages) and holds.sql (problems). Grain: a clean row that nothing holds, in the order in which lanes claim.
-- Parameters: packet_id, client_id, minutes_before_contact (null: a message is worth sending for ever).
--
-- To be read from top to bottom, each layer from the one above. What fills the holes is in pipelines/steps/assemble/fillings.py;
-- addressed.sql says why layers end in OFFSET 0. What is still to come has its layer: the steps of a schedule multiply `addressed`, a coupon
-- is joined in `written` beside what Jinja has filled, a price stands at the end beside the segments that it follows from.
create temporary table assemble_message on commit drop as
with addressed as (
    {addressed}
),
written as (
    -- {subject} and {body}: the texts of the row; null where one names a value that the row does not have. {parts}: what its text has
    -- besides, by name; null for nothing.
    select
        addressed.*, {subject} as subject, {body} as body, {parts} as parts, by_jinja.missing as missing_by_jinja
    from addressed
    -- left out by PostgreSQL when Jinja fills no text: processes cannot share a temporary table
    left join assemble_text as by_jinja using (row_no)
    offset bigint '0'
),
sized as (
    -- Each of these takes a walk through a text: once is enough. {alphabet}: what the channel has to know of the characters to count
    -- segments.
    select written.*, length(subject) as subject_length, length(body) as body_length, {alphabet} as alphabet
    from written
    offset bigint '0'
),
judged as (
    select
        sized.*,
        -- {incomplete}: whether a text of the row is null. {too_long}: which of its texts is longer than the channel takes, null for none.
        case
            when rule_no is null then 'no_channel'
            when text_no is null then 'no_template'
            when {incomplete} then 'missing_value'
            when {too_long} is not null then 'too_long'
        end as problem,
        {too_long} as too_long,
        suppression.id is not null as opted_out,
        -- The last moment at which the message is worth sending. A contact with a date and no time of day lasts until midnight there.
        case
            when contact_at is null or cast(:minutes_before_contact as integer) is null then timestamptz 'infinity'
            when length(local_at) > length('2026-11-24') then contact_at
            else timezone(time_zone, cast(substr(local_at, 1, 10) as timestamp) + interval '1 day')
        end - make_interval(mins => coalesce(cast(:minutes_before_contact as integer), 0)) as expires_at
    from sized
    left join suppression
        on suppression.client_id = :client_id
        and suppression.channel = sized.channel
        and suppression.address = comparable_address(sized.address)
    offset bigint '0'
)
select
    row_no,
    channel,
    address,
    rule_no,
    text_no,
    -- Who has opted out gets nothing, whenever it is; what is too late is not sent.
    case when opted_out then 'suppressed' when expires_at <= packetboat_now() then 'expired' else 'ready' end as state,
    case when problem is null then subject end as subject,
    case when problem is null then body end as body,
    case when problem is null then parts end as parts,
    -- {segments} and {encoding}: what the message counts as on its channel
    case when problem is null then cast({segments} as smallint) end as segments,
    case when problem is null then cast({encoding} as text) end as encoding,
    expires_at,
    problem,
    -- {missing}: the names of the values that the row lacks
    case when problem = 'missing_value' then {missing} end as missing,
    too_long,
    case too_long when 'subject' then subject_length when 'body' then body_length else length(parts ->> too_long) end as length
from judged
order by expires_at, row_no

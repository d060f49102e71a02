-- Every message of a packet, exactly as it will be sent, and every row that cannot have one, with its problem. PostgreSQL uses parallel
-- workers for CREATE TABLE … AS but never for INSERT … SELECT, so messages are computed here and written by store.sql (messages) and
-- holds.sql (problems). Grain: a clean row that is not held, and a step of the schedule, in the order in which lanes claim.
-- Parameters: packet_id, client_id, minutes_before_contact (null: none), needs_consent (whether people must have
-- agreed), start (the moment at which a campaign without steps begins, or now), received_at (of the packet:
-- when a contact counts as booked if its row does not tell), long_heads (see pipelines/schedule/places.py),
-- countries (to which it may send; null: all).
--
-- Read it from top to bottom: each layer selects from the one above. pipelines/steps/assemble/fillings.py fills the holes; addressed.sql
-- explains OFFSET 0. timing.py beside it fills those about time. Later features have their layer: a coupon is joined in `written` beside
-- by_jinja, a price follows from the segments at the end.
create temporary table assemble_message on commit drop as
with suppression_of_client as not materialized (
    select channel, address, address_hash, reason, created_at, id
    from suppression
    where client_id = :client_id
    union all
    -- It holds for every client, which does not learn why.
    select '*', address, address_hash, 'suppressed', timestamptz 'infinity', id
    from platform_suppression
),
addressed as (
    {addressed}
),
written as (
    -- {subject} and {body}: the texts of the row; null if one lacks a value. {parts}: its other texts by name; null for none.
    select
        addressed.*, {subject} as subject, {body} as body, {parts} as parts, by_jinja.missing as missing_by_jinja
    from addressed
    -- PostgreSQL removes this join when Jinja fills no text; parallel workers cannot read a temporary table
    left join assemble_text as by_jinja using (row_no)
    offset bigint '0'
),
sized as (
    -- Each of these scans a text, so each is computed once. {alphabet}: what the channel needs to know about the characters to count segments.
    -- {wanted_at}: when the step wants the message to go out. {deadline}: the last moment at which it is worth sending. {place}: where the person is.
    select
        written.*, length(subject) as subject_length, length(body) as body_length, {alphabet} as alphabet,
        comparable_address(address) as comparable,
        -- {hash}: the keyed hash of the address, if somebody is known by it alone or consent is demanded; else null
        {hash} as hash,
        {wanted_at} as wanted_at, {deadline} as deadline, {place} as place
    from written
    offset bigint '0'
),
planned as (
    -- {planned_at}: the first moment at or after `wanted_at` in the hours of the place; {not_before}: the same at or after now; null for none.
    -- {closes_at}: when those hours end.
    select
        sized.*, {planned_at} as planned_at, {not_before} as not_before, {closes_at} as closes_at, {window_no} as window_no
    from sized
    -- PostgreSQL removes this join when the campaign sends at every hour
    left join send_window as hours on hours.packet_id = :packet_id and hours.place = sized.place
    offset bigint '0'
),
judged as (
    select
        planned.*,
        -- {incomplete}: whether a text of the row is null. {too_long}: which of its texts exceeds the channel's limit, null for none.
        -- {lacks_moment}: whether the step depends on a contact time that the row lacks.
        case
            when rule_no is null then 'no_channel'
            when country <> all(cast(:countries as text[])) then 'country_not_allowed'
            when text_no is null then 'no_template'
            when {incomplete} or {lacks_moment} then 'missing_value'
            when {too_long} is not null then 'too_long'
        end as problem,
        {too_long} as too_long,
        -- Why the address may not be contacted, or null: the oldest reason on this channel or on all (`*`).
        coalesce(
            opposed.reasons[least(array_position(opposed.channels, planned.channel), array_position(opposed.channels, '*'))],
            forgotten.reasons[least(array_position(forgotten.channels, planned.channel), array_position(forgotten.channels, '*'))],
            case when cast(:needs_consent as boolean) and not coalesce(agreed.given, false) then 'no_consent' end
        ) as suppressed,
        -- {latest}: the latest moment at which a step relative to the contact may begin, or until when another message is worth sending
        least(deadline, {latest}) as expires_at
    from planned
    -- The claim decides the same by suppressed_among (migration 0025). Joins, not sub-selects, so that parallel workers can do it.
    left join (
        select address, array_agg(channel order by created_at, id) as channels, array_agg(reason order by created_at, id) as reasons
        from suppression_of_client
        where address is not null
        group by address
    ) as opposed on opposed.address = planned.comparable
    left join (
        select address_hash, array_agg(channel order by created_at, id) as channels, array_agg(reason order by created_at, id) as reasons
        from suppression_of_client
        where address is null
        group by address_hash
    ) as forgotten on forgotten.address_hash = planned.hash
    left join (
        select distinct on (channel, address_hash) channel, address_hash, given
        from consent_record
        where client_id = :client_id and purpose = 'marketing'
        order by channel, address_hash, number desc
    ) as agreed on agreed.channel = planned.channel and agreed.address_hash = planned.hash
    offset bigint '0'
),
decided as (
    -- An address that has opted out is suppressed, whether or not the message is late; a late message is expired.
    -- {missed_start}: whether it is too late to begin the step. {booked_recently}: whether the contact was booked too shortly before it.
    -- (select packetboat_now()) is computed once, the function alone would be for each row.
    select
        judged.*,
        case
            when suppressed is not null then 'suppressed'
            when {booked_recently} then 'cancelled'
            when expires_at <= (select packetboat_now()) or {missed_start} then 'expired'
            when not_before is null or not_before >= expires_at then 'expired'
            else 'ready'
        end as state,
        case
            when suppressed is not null then suppressed
            when {booked_recently} then 'booked_recently'
            when deadline <= (select packetboat_now()) then null
            when {missed_start} then 'missed_start'
            when not_before is null or not_before >= expires_at then 'no_window'
        end as error_code
    from judged
)
select
    row_no,
    channel,
    address,
    country,
    rule_no,
    text_no,
    step_no,
    -- {is_repeat}: whether an earlier contact of the same day carries this message as well
    case when state = 'ready' and {is_repeat} then 'cancelled' else state end as state,
    case when state = 'ready' and {is_repeat} then 'one_per_day' else error_code end as error_code,
    coalesce(not_before, '-infinity') as not_before,
    coalesce(closes_at, 'infinity') as closes_at,
    window_no,
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
from decided
order by expires_at, row_no

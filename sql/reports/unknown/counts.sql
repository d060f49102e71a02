-- How many calls wait for a decision of a person, and how many messages that people may have got twice wait for a note. One row.
-- Parameter: packet_id (null for all that this transaction may see).
select
    (
        select count(*)
        from call_check as check_row
        join provider_call as call on call.id = check_row.call_id and call.state = 'unknown'
        where
            check_row.reason is not null and check_row.decision is null
            and (cast(:packet_id as uuid) is null or call.packet_id = cast(:packet_id as uuid))
    ) as undecided,
    (
        select count(*)
        from late_proof
        where
            resent and noted_at is null
            and (cast(:packet_id as uuid) is null or packet_id = cast(:packet_id as uuid))
    ) as doubles

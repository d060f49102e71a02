-- Marks calls as begun, right before they are made: from now on the provider may have them. A call that was given back, recorded or proven
-- in the meantime, whose packet was stopped or paused, or that a breaker holds back, is not begun. Running it again after a lost reply from the
-- database returns the same.
-- Grain of the result: one row per call that may be made. Parameters: owner, packet_id, call_ids.
update provider_call
set begun_at = coalesce(begun_at, now())
where
    id = any(cast(:call_ids as uuid[])) and owner = :owner and recorded_at is null and state = 'sending'
    and (select state from data_packet where id = :packet_id) in ('sending', 'settled')
    and not exists (select from paused_packet where packet_id = :packet_id)
    and not exists (
        select from breaker
        where
            breaker.provider = provider_call.provider and breaker.channel = provider_call.channel
            and (breaker.sender_id is null or breaker.sender_id = provider_call.sender_id)
            and breaker.state <> 'closed' and breaker.holder is distinct from :owner
    )
returning id

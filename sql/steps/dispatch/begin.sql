-- Marks calls as begun, right before they are made: from here on the provider may have them. A call that was given back or proven
-- meanwhile, or whose packet was stopped, is not begun. Said again after a lost answer of the database it says the same.
-- Grain of the answer: one row per call that may be made. Parameters: owner, packet_id, call_ids.
update provider_call
set begun_at = coalesce(begun_at, now())
where
    id = any(cast(:call_ids as uuid[])) and owner = :owner and recorded_at is null and state = 'sending'
    and (select state from data_packet where id = :packet_id) in ('sending', 'settled')
returning id

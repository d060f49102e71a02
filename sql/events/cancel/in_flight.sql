-- Whether a lane may still record the answer of a message: until then the totals are not final. Parameter: packet_id.
select exists (select from message where packet_id = :packet_id and state = 'sending') as in_flight

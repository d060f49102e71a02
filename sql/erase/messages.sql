-- Empties the address and the texts of a packet's messages. Their ids, states, prices and attempts stay. Of a person, only
-- what is not empty yet. Grain: a message.
-- Parameters: packet_id, from_row, to_row, row_nos (null for all of them).
update message
set address = '', subject = null, body = '', parts = null
where
    packet_id = :packet_id and row_no between :from_row and :to_row
    and (cast(:row_nos as int[]) is null or row_no = any(cast(:row_nos as int[])) and address <> '')

-- Empties the answers of people to a packet's messages. Their kinds and times stay. Grain: an answer.
-- Parameters: packet_id, from_row, to_row, row_nos (null for all of them).
update reply
set from_address = '', subject = null, body = '', thread = '{}', raw = '{}'
where
    packet_id = :packet_id and row_no between :from_row and :to_row
    and (cast(:row_nos as int[]) is null or row_no = any(cast(:row_nos as int[])))

-- Empties the cells of a packet's rows. Their numbers and lines stay. Of a person, only what is not empty yet: another erasure may have been
-- faster, and has counted it. Grain: a row.
-- Parameters: packet_id, from_row, to_row, row_nos (null for all of them).
update data_packet_row
set cells = '{}'
where
    packet_id = :packet_id and row_no between :from_row and :to_row
    and (cast(:row_nos as int[]) is null or row_no = any(cast(:row_nos as int[])) and cells <> '{}')

-- Empties the values of a packet's held rows. The reasons stay. Grain: a held row.
-- Parameters: packet_id, from_row, to_row, row_nos (null for all of them).
update held_row
set value = null
where
    packet_id = :packet_id and row_no between :from_row and :to_row and value is not null
    and (cast(:row_nos as int[]) is null or row_no = any(cast(:row_nos as int[])))

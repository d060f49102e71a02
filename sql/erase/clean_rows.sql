-- Deletes the typed form of a packet's rows. Grain: a row. Parameters: packet_id, from_row, to_row, row_nos (null for all of them).
delete from clean_row
where
    packet_id = :packet_id and row_no between :from_row and :to_row
    and (cast(:row_nos as int[]) is null or row_no = any(cast(:row_nos as int[])))

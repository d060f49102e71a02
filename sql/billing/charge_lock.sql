-- Locks what a packet costs. One row, or none if it costs nothing. Parameter: packet_id.
select client_id, currency, state from packet_charge where packet_id = :packet_id for update

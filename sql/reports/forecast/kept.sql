-- The forecast of a packet. One row or none. Parameter: packet_id.
select made_at, all_out_at, messages, late from packet_forecast where packet_id = :packet_id

-- Whether somebody was erased from a packet. Its file is deleted then, or kept for another packet only. Parameter: packet_id.
select exists (select from packet_erasure where packet_id = :packet_id)

-- Whether anything of a packet has been claimed, so that its start was not missed. One row. Parameter: packet_id.
select exists (select from provider_call where packet_id = :packet_id) as begun

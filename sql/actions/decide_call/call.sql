-- A call, if this transaction may see it. One row or none. Parameter: call_id.
select id, client_id, packet_id, state from provider_call where id = :call_id

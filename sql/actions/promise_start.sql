-- Promises the start of a packet's run, in the transaction that keeps the packet. Parameters: client_id, packet_id, run_id.
insert into outbox (client_id, kind, unique_key, payload)
values (
    :client_id, 'start_packet', :run_id,
    jsonb_build_object('packet_id', cast(:packet_id as text), 'run_id', cast(:run_id as text))
)
on conflict (unique_key) do nothing

-- Promises the start of a packet's run, in the transaction that inserts the packet. `prepared`: the run only continues sending.
-- Parameters: client_id, packet_id, run_id, prepared.
insert into outbox (client_id, kind, unique_key, payload)
values (
    :client_id, 'start_packet', :run_id,
    jsonb_build_object(
        'packet_id', cast(:packet_id as text), 'run_id', cast(:run_id as text), 'prepared', cast(:prepared as boolean)
    )
)
on conflict (unique_key) do nothing

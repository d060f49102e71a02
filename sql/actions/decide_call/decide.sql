-- Records a person's decision about an unknown call, and ends its checks. One row if it is the first decision, else none.
-- Parameters: call_id, client_id, packet_id, decision, by.
insert into call_check (call_id, client_id, packet_id, next_at, decision, decided_by, decided_at)
values (:call_id, :client_id, :packet_id, 'infinity', :decision, :by, now())
on conflict (call_id) do update
set next_at = 'infinity', owner = null, decision = excluded.decision, decided_by = excluded.decided_by, decided_at = excluded.decided_at
where call_check.decision is null
returning call_id

-- The rows of a client's packets that have an address, with what they hold. Grain: a row.
-- Parameters: client_id, address, prepare_steps; packet_ids and row_nos (two parallel arrays: rows that have it in a cell alone).
-- `in_preparation`: its messages are not assembled, or a prepare step runs again, in whatever state the packet is seen: the step changes it in
-- its own transaction. A packet that is paused remains in the state 'preparing' after that. One that is cancelled is never prepared again,
-- so a step of it that died open does not count.
-- {addresses}: the columns with addresses, in comparable form.
with person_row as (
    select packet_id, row_no
    from clean_row
    where client_id = :client_id and comparable_address(:address) in ({addresses})
    union
    select packet_id, row_no
    from message
    where
        client_id = :client_id and address_lookup = hashtext(comparable_address(:address))
        and comparable_address(address) = comparable_address(:address)
    union
    select packet_id, row_no
    from unnest(cast(:packet_ids as uuid[]), cast(:row_nos as int[])) as unread (packet_id, row_no)
)
select
    packet.id as packet_id, packet.client_id, packet.sha256, packet.file_name, packet.received_at, packet.header,
    person_row.row_no, file_row.cells, to_jsonb(clean_row) as typed,
    packet.state = 'received'
    or coalesce(newest.state = 'running', false) and not exists (select from pause where pause.packet_id = packet.id and pause.final)
    or packet.state = 'preparing' and coalesce(newest.step <> 'assemble' or newest.state not in ('done', 'kept'), true) as in_preparation
from person_row
join data_packet as packet on packet.id = person_row.packet_id
left join data_packet_row as file_row on file_row.packet_id = packet.id and file_row.row_no = person_row.row_no
left join clean_row on clean_row.packet_id = packet.id and clean_row.row_no = person_row.row_no
left join lateral (
    select step, state
    from packet_step
    where packet_id = packet.id and step = any(cast(:prepare_steps as text[]))
    order by started_at desc, id desc
    limit 1
) as newest on true
order by packet.received_at, packet.id, person_row.row_no

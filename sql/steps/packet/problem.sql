-- The state of a packet, what stopped it, and whether it is paused. Grain: one packet. Parameter: packet_id.
select
    state, problem_code, problem_params,
    exists (select from paused_packet where packet_id = :packet_id) as paused
from data_packet
where id = :packet_id

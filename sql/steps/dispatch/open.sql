-- Lets a lane start: a prepared packet moves to sending, even if an earlier lane stopped it, or if it is settled and a message became ready
-- after all. A packet stays as it is if it is paused, if its credit is not
-- reserved, or if the newest attempt of a prepare step did not succeed. The packet is locked: this
-- statement reads the partitioned message (decision 15). Grain: one packet. Parameters: packet_id, prepare_steps.
update data_packet
set state = 'sending', problem_code = null, problem_params = null
where
    id = :packet_id
    and (
        state in ('received', 'preparing', 'stopped', 'sending')
        or state = 'settled' and exists (select from message where packet_id = :packet_id and state = 'ready')
    )
    and not exists (select from paused_packet where packet_id = :packet_id)
    and not exists (select from packet_charge where packet_id = :packet_id and state = 'waiting')
    and not exists (
        select from (
            select distinct on (step) step, state
            from packet_step
            where packet_id = :packet_id and step = any(cast(:prepare_steps as text[]))
            order by step, attempt desc
        ) as newest
        where newest.state not in ('done', 'kept')
    )

-- Channels with nothing left to send do not wait any longer. Grain: one channel of one packet. Parameter: packet_ids.
delete from channel_wait
where
    packet_id = any(cast(:packet_ids as uuid[]))
    and not exists (
        select from message
        where message.packet_id = channel_wait.packet_id and message.channel = channel_wait.channel
            and message.state in ('ready', 'sending')
    )

-- The packets whose lanes could run when the backup was made or after it, also because their credit came. Grain: a packet.
select id from data_packet where state in ('preparing', 'sending', 'stopped', 'awaiting_credit')

-- Forgets the shares of packets that want nothing any more. Grain: a packet's share of a limit. Parameter: keys.
delete from sending_share
where key = any(cast(:keys as text[])) and hungry_until < now() - interval '1 hour'

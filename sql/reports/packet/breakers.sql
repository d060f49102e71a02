-- What holds back the senders of a packet that has messages left for them. Grain: a breaker that is not closed. Parameter: packet_id.
-- `address` is null when all senders of the provider are held back. `retry_at` is null when only a person closes it. `params` are those of the
-- sentence about `reason`. `messages` are ready. `avoided`: the client has another sender for them that nothing holds back.
select
    breaker.provider, breaker.channel, held.address, breaker.reason, breaker.params, breaker.opened_at,
    case
        when breaker.state = 'half_open' then now()
        when breaker.retry_at < 'infinity' then greatest(breaker.retry_at, now())
    end as retry_at,
    waiting.messages,
    exists (
        select from sender
        where
            sender.client_id = packet.client_id and sender.channel = breaker.channel and sender.state = 'active'
            and not exists (
                select from breaker as other
                where
                    other.provider = sender.provider and other.channel = sender.channel and other.state <> 'closed'
                    and (other.sender_id is null or other.sender_id = sender.id)
            )
    ) as avoided
from data_packet as packet
cross join breaker
cross join lateral (
    select case when breaker.sender_id = sender.id then sender.address end as address
    from sender
    where
        sender.client_id = packet.client_id and sender.provider = breaker.provider and sender.channel = breaker.channel
        and sender.state = 'active' and (breaker.sender_id is null or breaker.sender_id = sender.id)
    limit 1
) as held
cross join lateral (
    select count(*) as messages
    from message
    where packet_id = :packet_id and channel = breaker.channel and state = 'ready'
) as waiting
where packet.id = :packet_id and breaker.state <> 'closed' and waiting.messages > 0
order by breaker.channel, breaker.opened_at, breaker.id

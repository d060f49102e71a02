-- Adds an active sender to a client, or activates one that exists. Of several, lanes use the one with the lowest priority that can be used:
-- without `fallback` it takes the first place, which must be free; with it, a fall-back keeps its place, and a new one gets the last.
-- Parameters: client_id, channel, provider, address, fallback.
insert into sender (client_id, channel, provider, address, priority)
select
    :client_id, :channel, :provider, :address,
    case when :fallback then (
        select coalesce(max(priority), 1) + 1
        from sender
        where client_id = :client_id and channel = :channel and state = 'active'
    ) else 1 end
on conflict (client_id, channel, provider, address) do update
set
    state = 'active',
    priority = case when :fallback and sender.state = 'active' then sender.priority else excluded.priority end
returning id

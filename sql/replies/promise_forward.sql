-- Decides whether a reply is forwarded to its client: not above the client's daily cap, and not more than :max_per_hour times from one
-- person in an hour, since two machines might answer each other; and never to whoever wrote it. Grain: one reply, if its client wants replies.
-- Parameters: id, max_per_hour.
update reply
set forwarding = verdict.forwarding, forwarded_at = case verdict.forwarding when 'promised' then now() end
from (
    select
        reply.id,
        case
            when (
                select count(*) from reply as today
                where today.client_id = reply.client_id and today.forwarded_at >= date_trunc('day', now(), 'UTC')
            ) >= reply_setting.daily_cap then 'capped'
            when (
                select count(*) from reply as recent
                where
                    recent.client_id = reply.client_id and recent.from_address = reply.from_address
                    and recent.forwarded_at > now() - interval '1 hour'
            ) >= :max_per_hour then 'capped'
            else 'promised'
        end as forwarding
    from reply
    join reply_setting on reply_setting.client_id = reply.client_id
    where reply.id = :id and reply.kind <> 'automatic' and reply_setting.forward_by is not null
        and comparable_address(reply_setting.forward_to) <> comparable_address(reply.from_address)
) as verdict
where reply.id = verdict.id and reply.forwarding is null
returning reply.forwarding

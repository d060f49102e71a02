-- Marks the replies whose promised forwarding is closed after a restore (sql/events/epoch/lost_promises). Grain: a reply.
update reply
set forwarding = 'failed'
where
    forwarding = 'promised'
    and not exists (select from reply_setting where reply_setting.client_id = reply.client_id and reply_setting.forward_by = 'webhook')

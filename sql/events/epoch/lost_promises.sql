-- Closes the promises to answer people and to forward their replies: each may have been kept after the backup. Webhooks are called again, since
-- their receivers know each reply by its id. Grain: a promise.
update outbox
set delivered_at = now(), last_error = 'restored'
where
    delivered_at is null
    and (
        kind = 'reply_answer'
        or kind = 'reply_forward' and not exists (
            select from reply_setting where reply_setting.client_id = outbox.client_id and reply_setting.forward_by = 'webhook'
        )
    )

-- How a client hears of replies. A value that is null stays as it is; forwarding '' ends it. Parameters: client_id, contact, forward_by,
-- forward_to, daily_cap. Returns the row.
insert into reply_setting (client_id, contact, forward_by, forward_to, daily_cap)
values (:client_id, :contact, nullif(:forward_by, ''), nullif(:forward_to, ''), coalesce(:daily_cap, 200))
on conflict (client_id) do update
set contact = coalesce(:contact, reply_setting.contact),
    forward_by = case when cast(:forward_by as text) is null then reply_setting.forward_by else nullif(:forward_by, '') end,
    forward_to = case when cast(:forward_by as text) is null then reply_setting.forward_to else nullif(:forward_to, '') end,
    daily_cap = coalesce(:daily_cap, reply_setting.daily_cap),
    changed_at = now()
returning contact, forward_by, forward_to, daily_cap

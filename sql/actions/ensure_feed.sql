-- Creates the feed of this name unless it exists. Parameters: client_id, campaign_id, feed. Returns its id.
insert into feed (client_id, campaign_id, name)
values (:client_id, :campaign_id, :feed)
on conflict (campaign_id, name) do update set name = excluded.name
returning id

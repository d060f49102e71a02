-- Creates a campaign, active at once. Returns nothing when the client has one with this slug. Parameters: client_id, slug, name.
insert into campaign (client_id, slug, name)
values (:client_id, :slug, :name)
on conflict (client_id, slug) do nothing
returning id

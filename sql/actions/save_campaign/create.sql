-- A new campaign of a client, active at once. Nothing when the client has one of this slug. Parameters: client_id, slug, name.
insert into campaign (client_id, slug, name)
values (:client_id, :slug, :name)
on conflict (client_id, slug) do nothing
returning id

-- Locks a campaign, so that two changes of it are made one after the other. Parameters: client_id, slug. Returns its id.
select id from campaign where client_id = :client_id and slug = :slug for no key update

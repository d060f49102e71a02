-- Locks a campaign while a packet of it is saved, so that it is not cancelled meanwhile. Parameter: campaign_id.
select state from campaign where id = :campaign_id for share

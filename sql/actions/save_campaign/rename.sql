-- Sets the name of a campaign. Parameters: campaign_id, name.
update campaign set name = :name where id = :campaign_id

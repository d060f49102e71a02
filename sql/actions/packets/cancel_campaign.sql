-- Cancels a campaign: it accepts no more packets. Waits for packets that are being saved. Parameter: campaign_id.
update campaign set state = 'cancelled' where id = :campaign_id

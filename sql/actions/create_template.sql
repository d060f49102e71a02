-- The first version of a text. Parameters: client_id, campaign_id, channel, language, subject, body.
insert into template (client_id, campaign_id, channel, language, subject, body)
values (:client_id, :campaign_id, :channel, :language, :subject, :body)

-- Adds the next version of a text. Parameters: client_id, campaign_id, channel, language, subject, body, parts (JSON; null for none). Returns its id.
insert into template (client_id, campaign_id, channel, language, version, subject, body, parts)
select :client_id, cast(:campaign_id as uuid), :channel, :language, coalesce(max(version), 0) + 1, :subject, :body, cast(:parts as jsonb)
from template
where campaign_id = :campaign_id and channel = :channel and language = :language
returning id

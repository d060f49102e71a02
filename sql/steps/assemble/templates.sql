-- The newest text of each channel and language of a campaign. Grain: a text. Parameter: campaign_id.
select distinct on (channel, language) id, channel, language, subject, body
from template
where campaign_id = :campaign_id
order by channel, language, version desc

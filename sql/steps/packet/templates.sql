-- The texts of a campaign version, one per channel and language. Grain: a text. Parameter: campaign_version_id.
select template.id, template.channel, template.language, template.subject, template.body, template.parts
from campaign_version
join template on template.id = any(campaign_version.template_ids)
where campaign_version.id = :campaign_version_id
order by template.channel, template.language

-- The texts of a campaign version, each with its own version. Grain: a text. Parameter: version_id.
select template.id, template.channel, template.language, template.version, template.subject, template.body, template.parts
from campaign_version
join template on template.id = any(campaign_version.template_ids)
where campaign_version.id = :version_id
order by template.channel, template.language

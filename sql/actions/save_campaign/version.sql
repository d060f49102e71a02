-- Adds the next version of a campaign. Parameters: client_id, campaign_id, details (JSON), template_ids, created_by. Returns its number.
insert into campaign_version (client_id, campaign_id, version, details, template_ids, created_by)
select
    :client_id, cast(:campaign_id as uuid), coalesce(max(version), 0) + 1, cast(:details as jsonb),
    cast(:template_ids as uuid[]), :created_by
from campaign_version
where campaign_id = :campaign_id
returning version

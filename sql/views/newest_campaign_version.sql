-- Each campaign in its newest version, which new packets are pinned to. Grain: a campaign.
-- security_invoker: row-level security applies to the user of the view. {name} is newest_campaign_version.
create view {name} with (security_invoker = true) as
select distinct on (campaign_id) campaign_id, id, version, details, created_at, created_by
from campaign_version
order by campaign_id, version desc

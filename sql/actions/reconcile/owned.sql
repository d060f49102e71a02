-- Those of these references that belong to a call already. Parameters: provider, provider_refs.
select distinct provider_ref
from provider_call
where provider = :provider and provider_ref = any(cast(:provider_refs as text[]))

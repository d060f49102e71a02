-- Those of these references that belong to a call already, or to a message of our own. Parameters: provider, provider_refs.
select distinct provider_ref
from provider_call
where provider = :provider and provider_ref = any(cast(:provider_refs as text[]))
union
select provider_ref
from own_message
where provider_ref = any(cast(:provider_refs as text[]))

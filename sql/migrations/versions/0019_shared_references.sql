-- A provider may give the same reference to two calls, by a defect of its own. That must not stop what is recorded beside it, so the
-- reference is no longer unique; an event that names a reference of two calls is matched by our own id or not at all (events/match).

drop index provider_call_provider_ref_key;
create index provider_call_provider_ref_idx on provider_call (provider, provider_ref) where provider_ref is not null;

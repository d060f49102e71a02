-- What a provider lists, for the time of one transaction. Its attempt is null where the provider does not repeat our reference. No parameters.
create temporary table listed_message (provider_ref text not null, attempt_id uuid, at timestamptz not null) on commit drop

-- Notes which account at a provider is in use. Grain: one account. Parameters: account, identity. Returns since when, in seconds; -infinity if
-- there never was another.
insert into provider_account (account, identity, since)
values (:account, :identity, '-infinity')
on conflict (account) do update
set
    since = case when provider_account.identity = excluded.identity then provider_account.since else now() end,
    identity = excluded.identity
returning cast(extract(epoch from since) as float) as since

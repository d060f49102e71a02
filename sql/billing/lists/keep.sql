-- Keeps the outcome of the comparison of one day, in place of an earlier one. Parameters: account, day, outcome, listed, accepted, differences.
insert into listed_day (account, day, outcome, listed, accepted, differences)
values (:account, :day, :outcome, :listed, :accepted, cast(:differences as jsonb))
on conflict (account, day) do update set
    outcome = excluded.outcome, listed = excluded.listed, accepted = excluded.accepted, differences = excluded.differences,
    compared_at = now()

-- Locks the accounts of a client, in the order of their ids. All currencies, like the booking of a journal (migration 0020): a transaction that
-- locked those of one currency would come back for the others at commit, which another may hold.
-- Grain: an account. Parameter: client_id.
select kind, currency, balance_minor
from account
where client_id = :client_id
order by id
for no key update

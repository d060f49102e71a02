-- Locks the accounts of a client in one currency, in the order of their ids, like the booking of a journal.
-- Grain: an account. Parameters: client_id, currency.
select kind, balance_minor
from account
where client_id = :client_id and currency = :currency
order by id
for no key update

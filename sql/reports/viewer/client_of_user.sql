-- The client of a portal user, with its available balance. One row, or none. Parameter: user_id.
select client.id, client.name, client.language, client.time_zone, account.currency, account.balance_minor
from client_member
join client on client.id = client_member.client_id
left join account on account.client_id = client.id and account.kind = 'available'
where client_member.user_id = :user_id
order by account.currency
limit 1

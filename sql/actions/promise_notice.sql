-- Promises an e-mail about a new password, in the transaction that sets it, to the current address; it is deleted when the promise is kept.
-- Parameters: user_id, address.
insert into outbox (client_id, kind, unique_key, payload)
select
    client.id, 'password_changed', 'password-changed-' || uuidv7(),
    jsonb_build_object(
        'address', cast(:address as text), 'changed_at', now(), 'time_zone', coalesce(client.time_zone, 'UTC'),
        'language', client.language
    )
from (values (cast(:user_id as integer))) as person (id)
left join client_member on client_member.user_id = person.id
left join client on client.id = client_member.client_id

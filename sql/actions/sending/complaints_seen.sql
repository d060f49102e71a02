-- Complaints until now do not count any more: a person has found their cause. Grain: a client. Parameter: client_id.
update client set complaints_from = now() where id = :client_id

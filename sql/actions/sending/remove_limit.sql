-- Removes a limit. Grain: a limit. Parameters: client_id (null: of all clients together), scope, subject.
delete from sending_limit
where scope = :scope and subject = :subject and client_id is not distinct from cast(:client_id as uuid)

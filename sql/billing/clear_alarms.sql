-- Clears an alarm of the clients about which it no longer holds. Parameters: code, client_ids (those about which it does).
delete from client_alarm where code = :code and client_id <> all(cast(:client_ids as uuid[]))

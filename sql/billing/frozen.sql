-- Whether the client's new packets wait because a proof of its ledger failed. One row. Parameter: client_id.
select exists (select from client_alarm where client_id = :client_id and code = 'ledger_difference') as frozen

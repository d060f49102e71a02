-- Whether the client's new packets wait because a proof of its ledger failed, or a provider's list differs. One row. Parameter: client_id.
select exists (select from client_alarm where client_id = :client_id and code in ('ledger_difference', 'list_difference')) as frozen

-- The messages of a call, to be claimed again in two halves. Grain: one message. Parameter: call_id.
select message_id from attempt where call_id = :call_id

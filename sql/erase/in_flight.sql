-- Whether any call of the messages of some rows is under way or unknown, also of a message that a report has carried further: reports about
-- such a call wait with the address until it is over. One row. Parameters: packet_id, row_nos.
select exists (
    select from message
    join attempt on attempt.message_id = message.id
    join provider_call as call on call.id = attempt.call_id
    where
        message.packet_id = :packet_id and message.row_no = any(cast(:row_nos as int[])) and call.state in ('sending', 'unknown')
)

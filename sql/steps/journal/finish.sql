-- Closes an attempt, in the transaction of its work. clock_timestamp(), because now() is when that transaction began.
-- Parameters: journal_id, state (done | kept), rows_in, rows_out, rows_held, bytes, note (JSON: code and params).
update packet_step
set state = :state, ended_at = clock_timestamp(), rows_in = :rows_in, rows_out = :rows_out, rows_held = :rows_held,
    rows_done = :rows_in, rows_expected = :rows_in, bytes = :bytes, note = cast(:note as jsonb)
where id = :journal_id

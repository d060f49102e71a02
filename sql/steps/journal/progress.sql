-- How far a running attempt is. Parameters: journal_id, rows_done, rows_expected.
update packet_step
set rows_done = :rows_done, rows_expected = :rows_expected
where id = :journal_id and state = 'running'

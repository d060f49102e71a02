-- A page of the held rows of a packet in the order of the file, one line per reason.
-- Parameters: packet_id, rule (or null for all), after_row and after_id (the last line of the page before; 0 at the beginning), page.
select id, row_no, line_no, column_name, rule, sentence, value
from held_row
where packet_id = :packet_id
  and (cast(:rule as text) is null or rule = :rule)
  and (row_no, id) > (:after_row, :after_id)
order by row_no, id
limit :page

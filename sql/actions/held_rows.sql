-- Reasons for which rows of a packet are held, in the order of the file. Grain: one row per reason. Parameters: packet_id, rule (null
-- for all), after_row and after_id (the last one of the page before), most.
select id, row_no, line_no, step, column_name, rule, sentence, value
from held_row
where
    packet_id = :packet_id and (row_no, id) > (:after_row, :after_id)
    and (cast(:rule as text) is null or rule = cast(:rule as text))
order by row_no, id
limit :most

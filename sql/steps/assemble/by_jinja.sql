-- The rows whose text SQL cannot fill, with the values for Jinja. Grain: a row. Parameters: packet_id, text_nos (places of such texts).
-- The steps of a schedule have the same texts, so only the first one is read. Holes: addressed (addressed.sql), values (what a text may use, in the order of the plan's values).
select row_no, text_no, {values}
from ({addressed}) as addressed
where step_no = 1 and text_no = any(cast(:text_nos as integer[]))

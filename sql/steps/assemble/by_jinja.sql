-- The rows whose text SQL cannot fill, with the values for Jinja. Grain: a row. Parameters: packet_id, text_nos (places of such texts).
-- Holes: addressed (addressed.sql), values (what a text may use, in the order of the plan's values).
select row_no, text_no, {values}
from ({addressed}) as addressed
where text_no = any(cast(:text_nos as integer[]))

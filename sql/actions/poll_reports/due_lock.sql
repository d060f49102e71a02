-- Locks the next channel of a packet that is due. Others skip it. One row or none. Parameter: now.
select packet_id, channel, round, cast(after_expires as text) as after_expires, after_row
from report_poll
where next_at <= :now
order by next_at
limit 1
for update skip locked

-- The rules that hold rows of a packet, the most frequent first; what the filter of the page offers. Parameter: packet_id.
select rule, count(distinct row_no) as rows
from held_row
where packet_id = :packet_id
group by rule
order by rows desc, rule

-- The reasons why rows of a packet are held, by their code, the most frequent first; what the filter of the page offers. Parameter: packet_id.
select code, count(distinct row_no) as rows
from held_row
where packet_id = :packet_id
group by code
order by rows desc, code

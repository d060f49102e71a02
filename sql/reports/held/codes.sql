-- The codes of the reasons why rows of a packet are held, the most frequent first, for the page's filter. Grain: a code. Parameter: packet_id.
select code, count(distinct row_no) as rows
from held_row
where packet_id = :packet_id
group by code
order by rows desc, code

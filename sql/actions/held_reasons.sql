-- Why rows of a packet are held. Grain: one row per step and rule, the most frequent first. Parameter: packet_id.
select step, rule, count(distinct row_no) as rows, min(sentence) as sentence
from held_row
where packet_id = :packet_id
group by step, rule
order by rows desc, step, rule

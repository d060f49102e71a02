-- Why rows of a packet are held: one line per rule and column, the most frequent first. A row may be held for several reasons.
-- Sentences that name a line each are told without it. Parameter: packet_id.
select
    rule,
    column_name,
    case
        when min(sentence) = max(sentence) then min(sentence)
        else regexp_replace(min(sentence), 'line [0-9]+', 'another line')
    end as sentence,
    count(distinct row_no) as rows
from held_row
where packet_id = :packet_id
group by rule, column_name
order by rows desc, rule, column_name

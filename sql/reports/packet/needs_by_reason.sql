-- What needs attention in all packets of the last days. Grain: a reason, with its number of packets and cases, and the latest packet.
-- Parameters: days, for_client (array: the reasons that the client fixes, left out).
select code, count(distinct packet_id) as packets, sum(cases)::bigint as cases, (array_agg(packet_id order by packet_id desc))[1] as latest
from packet_need
where since > now() - make_interval(days => :days) and code <> all(cast(:for_client as text[]))
group by code

-- Where the people of a packet are, as far as their rows tell, and the span of their contacts. Grain: a place ({place}; see
-- pipelines/schedule/places.py). Parameter: packet_id.
select
    {place} as place,
    min(contact_at) as first_contact,
    max(contact_at) as last_contact
from clean_row
where packet_id = :packet_id
group by 1

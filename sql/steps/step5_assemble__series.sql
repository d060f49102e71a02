-- A UUIDv7 from which the messages of a packet get their ids, and the monthly partition for it. Grain: one.
select series, ensure_message_partition(uuid_extract_timestamp(series))
from (select uuidv7() as series offset 0) as made

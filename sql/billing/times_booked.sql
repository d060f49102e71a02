-- How often a kind of journal was booked for a packet. One row. Parameters: packet_id, kind.
select count(*) as times from journal where packet_id = :packet_id and kind = :kind

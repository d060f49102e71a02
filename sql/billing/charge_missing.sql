-- How much credit a packet lacks, if that has changed. Parameters: packet_id, missing_minor.
update packet_charge set missing_minor = :missing_minor where packet_id = :packet_id and missing_minor <> :missing_minor

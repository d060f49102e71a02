-- How many packets, of whatever client, need the file with these bytes. Of a refused one nothing was kept. Parameter: sha256.
select count(*) from data_packet where sha256 = :sha256 and state <> 'refused'

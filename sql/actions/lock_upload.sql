-- Makes concurrent uploads of the same file for the same campaign wait for each other. A statement of its own: the query that follows must
-- take its snapshot after the wait. Parameters: campaign_id, sha256.
select pg_advisory_xact_lock(hashtextextended('data_packet ' || :campaign_id || ' ' || :sha256, 0))

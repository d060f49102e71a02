-- Two uploads of one file for one campaign wait for each other here, each until the other's end. A statement of its own: the look that
-- follows must begin after the wait. Parameters: campaign_id, sha256.
select pg_advisory_xact_lock(hashtextextended('data_packet ' || :campaign_id || ' ' || :sha256, 0))

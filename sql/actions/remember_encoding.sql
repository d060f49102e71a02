-- The encoding that a person said a feed's files are in, for the files to come. Parameters: feed_id, encoding.
update feed
set settings = jsonb_set(settings, '{encoding}', to_jsonb(cast(:encoding as text)))
where id = :feed_id

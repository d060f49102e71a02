-- Saves the encoding that a person chose for a feed's files, for later files. Parameters: feed_id, encoding.
update feed
set settings = jsonb_set(settings, '{encoding}', to_jsonb(cast(:encoding as text)))
where id = :feed_id

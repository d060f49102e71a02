-- Deletes references of our own messages that no list of a day can show any more. No parameters.
delete from own_message where sent_at < now() - interval '30 days'

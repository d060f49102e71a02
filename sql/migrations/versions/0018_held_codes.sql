-- The reason why a row is held becomes a code with its params, and is rendered in the reader's language. Earlier texts are kept as they were.

select set_config('packetboat.scope', 'every_client', true);
alter table held_row add column params jsonb default '{}' not null;
update held_row set rule = 'as_told_before', params = jsonb_build_object('text', sentence);
alter table held_row rename column rule to code;
alter table held_row drop column sentence;

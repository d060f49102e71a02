-- Every column of a field is nullable: `packetboat db upgrade` adds those of new fields to a table that has rows.
alter table clean_row alter column language drop not null;

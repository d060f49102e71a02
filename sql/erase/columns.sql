-- Every column of our tables that can hold text, from the catalogue, so that a new table is included. Grain: a column.
select
    relation.relname as table_name,
    attribute.attname as column_name,
    coalesce(bool_or(attribute.attname = 'packet_id') over one_table, false) as has_packet,
    coalesce(bool_or(attribute.attname = 'client_id') over one_table, false) as has_client,
    format_type(attribute.atttypid, null) in ('text', 'text[]', 'jsonb', 'json', 'character varying', 'inet') as has_text
from pg_class as relation
join pg_attribute as attribute on attribute.attrelid = relation.oid and attribute.attnum > 0 and not attribute.attisdropped
where
    relation.relnamespace = 'packetboat'::regnamespace and relation.relkind in ('r', 'p') and not relation.relispartition
    and has_table_privilege(relation.oid, 'select')
window one_table as (partition by relation.oid)
order by table_name, column_name

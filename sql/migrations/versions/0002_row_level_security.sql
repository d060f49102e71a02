-- Each client sees its own rows only (S1). The transaction sets the client:
--   set_config('packetboat.client_id', <uuid>, true)          one client
--   set_config('packetboat.scope', 'every_client', true)      support staff and the pipeline's periodic tasks
-- A transaction that sets neither sees no rows. FORCE applies this to the owner of the tables as well.

create function protect_tenant_table(tenant_table regclass, tenant_column text default 'client_id') returns void
language plpgsql as $$
begin
    execute format('alter table %s enable row level security', tenant_table);
    execute format('alter table %s force row level security', tenant_table);
    -- The sub-selects are evaluated once per statement, not once per row.
    execute format(
        'create policy own_client on %s using (
             %I = (select nullif(current_setting(''packetboat.client_id'', true), '''')::uuid)
             or (select current_setting(''packetboat.scope'', true)) = ''every_client'')',
        tenant_table, tenant_column);
end
$$;

select protect_tenant_table('client', 'id');
select protect_tenant_table(tenant_table::regclass)
from unnest(array[
    'account', 'attempt', 'campaign', 'clean_row', 'client_member', 'data_packet', 'data_packet_row', 'entry', 'feed',
    'held_row', 'journal', 'load_map', 'message', 'message_event', 'message_key', 'outbox', 'packet_step', 'packet_total',
    'provider_call', 'quality_result', 'suppression', 'template'
]) as tenant_table;

-- The portal and the steps use the tables but do not own them; MAINTAIN lets a step ANALYZE a table that it has just filled.
grant usage on schema packetboat to packetboat_app, packetboat_worker;
grant select, insert, update, delete on all tables in schema packetboat to packetboat_app, packetboat_worker;
grant usage on all sequences in schema packetboat to packetboat_app, packetboat_worker;
grant maintain on all tables in schema packetboat to packetboat_worker;
alter default privileges in schema packetboat grant select, insert, update, delete on tables to packetboat_app, packetboat_worker;
alter default privileges in schema packetboat grant maintain on tables to packetboat_worker;
alter default privileges in schema packetboat grant usage on sequences to packetboat_app, packetboat_worker;

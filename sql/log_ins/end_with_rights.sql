-- A change to anything that a person's rights depend on ends their log-ins, in the same transaction, whether it is made on a page of
-- Flask-AppBuilder, by a program or in psql. The triggers are on its tables, so `webapp.upgrade` creates them after those, not a migration.

create or replace function packetboat.end_sessions_of_person() returns trigger language plpgsql as $$
begin
    delete from packetboat.login_session
    where user_id in ((to_jsonb(old) ->> tg_argv[0])::integer, (to_jsonb(new) ->> tg_argv[0])::integer);
    return null;
end
$$;

create or replace function packetboat.end_sessions_of_group() returns trigger language plpgsql as $$
begin
    delete from packetboat.login_session
    where user_id in (select user_id from public.ab_user_group where group_id in (old.group_id, new.group_id));
    return null;
end
$$;

create or replace trigger end_sessions after update of password, active on public.ab_user for each row
when (old.password is distinct from new.password or old.active is distinct from new.active)
execute function packetboat.end_sessions_of_person('id');

create or replace trigger end_sessions_of_deleted after delete on public.ab_user for each row
execute function packetboat.end_sessions_of_person('id');

create or replace trigger end_sessions after insert or update or delete on public.ab_user_role for each row
execute function packetboat.end_sessions_of_person('user_id');

create or replace trigger end_sessions after insert or update or delete on public.ab_user_group for each row
execute function packetboat.end_sessions_of_person('user_id');

create or replace trigger end_sessions after insert or update or delete on public.ab_group_role for each row
execute function packetboat.end_sessions_of_group();

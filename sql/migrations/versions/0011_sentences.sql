-- Problems and notes of packets and steps become a code with its params (JSON), and are rendered in the reader's language. A note keeps both
-- in one column. Earlier texts are kept as they were.

select set_config('packetboat.scope', 'every_client', true);
update data_packet set problem_code = 'as_told_before' where problem is not null;
update packet_step set error_code = 'as_told_before' where error is not null;
alter table data_packet alter column problem type jsonb using case when problem is not null then jsonb_build_object('text', problem) end;
alter table data_packet rename column problem to problem_params;
alter table packet_step alter column error type jsonb using case when error is not null then jsonb_build_object('text', error) end;
alter table packet_step rename column error to error_params;
alter table packet_step alter column note type jsonb using
    case when note is not null then jsonb_build_object('code', 'as_told_before', 'params', jsonb_build_object('text', note)) end;

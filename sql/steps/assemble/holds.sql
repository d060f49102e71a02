-- Holds the rows for which messages.sql found a problem, with one held_row per value that a row lacks. Returns the number of rows.
-- Grain: a row and one of its reasons: no_channel, country_not_allowed, no_template, missing_value:<name> or too_long:<channel>:<part>.
-- Parameters: packet_id, client_id; columns and params (JSON, by reason). The length of a text that is too long and the
-- country that is not allowed are added to the params.
with problem as (
    select distinct
        row_no,
        case when too_long = 'subject' then 'subject_too_long' else problem end as code,
        concat_ws(':', problem, absent, case when too_long is not null then channel end, too_long) as reason,
        length,
        case when problem = 'country_not_allowed' then country end as country
    from assemble_message
    left join lateral unnest(missing) as absent on true
    where problem is not null
),
held as (
    insert into held_row (packet_id, row_no, client_id, step, line_no, column_name, code, params)
    select
        packet_id, row_no, client_id, 'assemble', line_no,
        cast(:columns as jsonb) ->> reason,
        code,
        cast(:params as jsonb) -> reason || jsonb_strip_nulls(jsonb_build_object('length', length, 'country', country))
    from problem
    join data_packet_row using (row_no)
    where packet_id = :packet_id
    returning row_no
)
select count(distinct row_no) from held

-- Inserts a packet that was received, or refused with its problem. Parameters: client_id, campaign_id, campaign_version_id, feed_id, state, source,
-- submitted_by, file_name, bytes, md5, sha256, dialect (JSON: what it was read as), problem_code, problem_params (JSON). Returns its id and the
-- id of its run.
insert into data_packet
    (id, client_id, campaign_id, campaign_version_id, feed_id, state, source, submitted_by, file_name, bytes, md5, sha256, dialect, problem_code,
     problem_params, run_id)
select
    packet.id, :client_id, :campaign_id, :campaign_version_id, :feed_id, :state, :source, :submitted_by, :file_name, :bytes, :md5, :sha256,
    cast(:dialect as jsonb), cast(:problem_code as text), cast(:problem_params as jsonb),
    case when :state = 'received' then 'packet-' || packet.id || '-r1' end
from (select uuidv7() as id) as packet
returning id, run_id

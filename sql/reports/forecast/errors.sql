-- How wrong first forecasts were: the difference from the real end as a part of the time that it took, in the middle of the last 30 days.
-- One row. No parameters.
select
    count(*) as packets,
    percentile_cont(0.5) within group (
        order by abs(extract(epoch from done_at - first_all_out_at)) / greatest(1, extract(epoch from done_at - first_made_at))
    )::float8 as median_error
from packet_forecast
where done_at > now() - interval '30 days' and first_all_out_at is not null

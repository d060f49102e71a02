-- The history of an attempt of a step or lane: whether its run has tried it before, and how many attempts right before it died. A lane that
-- sent something before it died made progress, so it does not count. Grain: one attempt. Parameter: journal_id.
select
    coalesce(bool_or(earlier.run_id = this.run_id), false) as repeated,
    count(*) filter (
        where earlier.attempt > coalesce(
            (
                select max(attempt)
                from packet_step
                where
                    packet_id = this.packet_id and step = this.step and lane = this.lane and attempt < this.attempt
                    and (error_code is distinct from 'died' or step = 'dispatch' and rows_done > 0)
            ),
            0
        )
    ) as deaths
from packet_step as this
join packet_step as earlier
    on earlier.packet_id = this.packet_id and earlier.step = this.step and earlier.lane = this.lane
    and earlier.attempt < this.attempt
where this.id = :journal_id

-- When an errand was last started, and how many seconds ago. One row; nulls if none ever was.
select max(begun_at) as begun_at, extract(epoch from now() - max(begun_at))::float8 as seconds_ago from errand_mark

-- When an errand was begun last, and how many seconds ago that was. One row; nulls when none ever was.
select max(begun_at) as begun_at, extract(epoch from now() - max(begun_at))::float8 as seconds_ago from errand_mark

-- A person has read a reply and decided. Grain: a reply, if the caller may see it. Parameters: id, by.
update reply
set handled_at = coalesce(handled_at, now()), handled_by = coalesce(handled_by, :by)
where id = :id
returning id

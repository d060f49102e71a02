-- Remembers that an answer was promised. Grain: a reply. Parameter: ids.
update reply set answered_at = now() where id = any(cast(:ids as uuid[]))

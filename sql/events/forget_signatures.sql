-- Forgets signatures that are too old to be believed. Grain: one row per signature.
delete from hook_signature
where until < now()

-- Deletes signatures that have expired. Grain: one row per signature.
delete from hook_signature
where until < now()

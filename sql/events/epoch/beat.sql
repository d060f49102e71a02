-- Counts the epoch, above `beat`, and accepts these tables as its own. Parameter: beat. Returns the new count.
update epoch
set beat = greatest(epoch.beat, :beat) + 1, beat_at = now(), table_oid = epoch.tableoid
returning epoch.beat

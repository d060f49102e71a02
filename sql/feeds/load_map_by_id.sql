-- One version of a load map. Parameter: load_map_id.
select mapping from load_map where id = :load_map_id

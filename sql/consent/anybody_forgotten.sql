-- Whether any suppressed address of a client, or of the platform, is known only by its hash. One row. Parameter: client_id.
select
    exists (select from suppression where client_id = :client_id and address is null)
    or exists (select from platform_suppression where address is null)

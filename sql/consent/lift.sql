-- Lifts what stands against an address on a channel, and with lift_all on all channels, and records who did it and why. Returns how many rows.
-- What was said again after `until` stays. Parameters: client_id (null for the whole platform), channel, address, reasons, lifted_by, because,
-- until, lift_all.
select
    lift_suppression(
        cast(:client_id as uuid), :channel, :address, cast(:reasons as text[]), :lifted_by, :because,
        coalesce(cast(:until as timestamptz), 'infinity'), :lift_all
    )

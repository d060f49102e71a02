-- The consent records of a client that do not match their proofs, or before which one is missing. Grain: a record. Parameter: client_id.
-- What an erased record said of the person cannot be compared any more; everything else of it is.
with chained as (
    select
        record, record.number, record.proof, record.personal_hash, record.address_hash, record.address,
        coalesce(lag(record.proof) over by_number, '') as proof_before,
        coalesce(lag(record.number) over by_number, 0) as number_before
    from consent_record as record
    where record.client_id = :client_id
    window by_number as (order by record.number)
)
select number
from chained
where
    number <> number_before + 1
    or proof <> consent_proof(record, proof_before)
    or address is not null and (
        personal_hash <> consent_personal_hash(record) or address_hash <> address_hash(address)
    )
order by number

-- Why a client may not send to an address on a channel, as each claim asks (sql/steps/dispatch/claim_lock.sql). No row if it may.
-- Parameters: client_id, channel, address.
select reason from suppressed_among(:client_id, :channel, array[comparable_address(:address)])

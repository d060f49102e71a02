-- Adds a consent record; the database chains it to the client's last one. Returns its number.
-- Parameters: client_id and the fields of Consent (pipelines/consent/records.py).
insert into consent_record
    (client_id, given, channel, purpose, person, address, ip, text_shown, text_version, source, given_at)
values
    (:client_id, :given, :channel, :purpose, :person, comparable_address(:address), :ip, :text_shown, :text_version, :source, :given_at)
returning number

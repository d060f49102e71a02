-- An opt-out applies however the address is written. This is the form in which two addresses are compared: the whole address, including
-- the part before the @, ignoring case. Phone numbers (E.164) stay as they are, and cleaning has already converted the domain of every
-- e-mail address to ASCII (punycode).
--
-- A suppression holds its address in this form, so that lookups can use the index of its key.

create function comparable_address(address text) returns text
language sql immutable parallel safe
return casefold(address collate pg_unicode_fast);

select set_config('packetboat.scope', 'every_client', true);

-- Of several that are now the same, the first stays: it says since when.
delete from suppression
using suppression as earlier
where earlier.client_id = suppression.client_id
    and earlier.channel = suppression.channel
    and comparable_address(earlier.address) = comparable_address(suppression.address)
    and earlier.id < suppression.id;

update suppression
set address = comparable_address(address)
where address <> comparable_address(address);

alter table suppression
    add constraint suppression_comparable_check check (address = comparable_address(address));

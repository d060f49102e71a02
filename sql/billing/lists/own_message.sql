-- Remembers a message of our own, which belongs to no packet, so that it is not missed in the provider's list. Parameter: provider_ref.
insert into own_message (provider_ref) values (:provider_ref) on conflict do nothing

-- The country of a phone number (ISO 3166): prices, limits and denials depend on it.
alter table clean_row add column phone_country text;
alter table message add column country text;

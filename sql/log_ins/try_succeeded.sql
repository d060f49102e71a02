-- Forgets the failures of a name after the right password. Parameters: purpose, name.
delete from login_delay where name_digest = sha256(convert_to(:purpose || e'\n' || lower(:name), 'UTF8'))

-- Makes the list quick to compare, when it is complete. No parameters.
create index on listed_message (provider_ref)

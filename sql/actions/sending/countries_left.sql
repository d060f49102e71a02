-- How many countries a client has been allowed; none means that only its own region is. Parameter: client_id.
select count(*) from client_country where client_id = :client_id

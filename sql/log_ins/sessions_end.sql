-- Ends every log-in of a person. Parameter: user_id.
delete from login_session where user_id = :user_id

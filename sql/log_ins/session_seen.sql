-- A person did something just now. Once a minute is enough, whoever of several requests comes first. Parameter: digest.
update login_session set seen_at = now() where digest = :digest and seen_at < now() - interval '1 minute'

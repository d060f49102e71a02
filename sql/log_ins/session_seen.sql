-- Records that a person is active. Once a minute is enough; of concurrent requests the first does it. Parameter: digest.
update login_session set seen_at = now() where digest = :digest and seen_at < now() - interval '1 minute'

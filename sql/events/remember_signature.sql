-- Remembers a signature that does not cover its body, and the body it came with. Whoever brings it at the same time waits for this one.
-- Grain: one row, if the signature is new or has come with this very body before; none if it came with another.
-- Parameters: digest, body_digest, until.
insert into hook_signature (digest, body_digest, until)
values (:digest, :body_digest, :until)
on conflict (digest) do update
set until = excluded.until
where hook_signature.body_digest = excluded.body_digest
returning digest

-- Remembers a signature that does not cover its body, and the body it came with. A second callback with the same signature waits for this one.
-- Grain: one row, if the signature is new or came with the same body before; none if it came with another.
-- Parameters: digest, body_digest, until.
insert into hook_signature (digest, body_digest, until)
values (:digest, :body_digest, :until)
on conflict (digest) do update
set until = excluded.until
where hook_signature.body_digest = excluded.body_digest
returning digest

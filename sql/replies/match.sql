-- Finds the message that each reply answers: of those that its sender got from the address it went to, the newest; for an e-mail, first the
-- one whose reference it carries, also from another mailbox. Without a message, the client is known only if nobody else has that address.
-- Each begun attempt counts: the one before it may have been reported as failed, the one after it given back or sent from another address.
-- If the newest messages of two clients are less than `close_minutes` apart, either may be meant: `ambiguous`.
-- `wrote` are all clients that wrote to this person from this address: a wish to stop concerns all of them, as it does at the provider. Those
-- whose messages have been erased are known by the hash of the address. `wrote_to`: by client, the address of the message, which is another one
-- than the sender's when somebody answers from another mailbox. `from_owner`: it came from where the client's replies are forwarded to.
-- `stopped`: the person has answered stop to this sender, and it still holds.
-- Grain: a reply. Parameters: ids, close_minutes.
with open_reply as materialized (
    select
        *, comparable_address(from_address) as person, hashtext(comparable_address(from_address)) as person_lookup,
        address_hash(comparable_address(from_address)) as person_hash
    from reply
    where id = any(cast(:ids as uuid[]))
),
own_sender as (
    select open_reply.id as reply_id, sender.id as sender_id, sender.client_id
    from open_reply
    join sender on sender.provider = open_reply.provider and sender.channel = open_reply.channel
    where exists (
        select from unnest(open_reply.to_addresses) as own (address)
        where comparable_address(own.address) = comparable_address(regexp_replace(sender.address, '^.*<([^<>]+)>$', '\1'))
    )
),
by_address as (
    select
        own_sender.reply_id, own_sender.client_id, own_sender.sender_id, message.id as message_id, message.packet_id, message.row_no,
        message.language, comparable_address(message.address) as wrote_to, provider_call.claimed_at, false as by_thread
    from open_reply
    join message
        on message.address_lookup = open_reply.person_lookup
        and comparable_address(message.address) = open_reply.person and message.channel = open_reply.channel
    join attempt on attempt.message_id = message.id
    join provider_call on provider_call.id = attempt.call_id and provider_call.begun_at is not null
    join own_sender on own_sender.reply_id = open_reply.id and own_sender.sender_id = provider_call.sender_id
),
by_thread as (
    select
        own_sender.reply_id, own_sender.client_id, own_sender.sender_id, message.id as message_id, message.packet_id, message.row_no,
        message.language, comparable_address(message.address) as wrote_to, provider_call.claimed_at, true as by_thread
    from open_reply
    join provider_call on provider_call.provider = open_reply.provider and provider_call.provider_ref = any(open_reply.thread)
    join own_sender on own_sender.reply_id = open_reply.id and own_sender.sender_id = provider_call.sender_id
    join attempt on attempt.call_id = provider_call.id
    join message on message.id = attempt.message_id
    where provider_call.messages = 1 or comparable_address(message.address) = open_reply.person
),
newest as (
    select distinct on (reply_id, client_id) *
    from (select * from by_thread union all select * from by_address) as candidate
    order by reply_id, client_id, by_thread desc, claimed_at desc, message_id desc
),
ranked as (
    select
        *, row_number() over by_age as place, lead(claimed_at) over by_age as next_at, lead(by_thread) over by_age as next_by_thread
    from newest
    window by_age as (partition by reply_id order by by_thread desc, claimed_at desc, message_id desc)
),
erased_writer as (
    select distinct own_sender.reply_id, own_sender.client_id
    from open_reply
    join own_sender on own_sender.reply_id = open_reply.id
    join erased_address on erased_address.client_id = own_sender.client_id and erased_address.address_hash = open_reply.person_hash
    where exists (
        select from provider_call
        where
            provider_call.packet_id = erased_address.packet_id and provider_call.sender_id = own_sender.sender_id
            and provider_call.begun_at is not null
    )
),
sole_owner as (
    select reply_id, (array_agg(distinct client_id))[1] as client_id, (array_agg(sender_id))[1] as sender_id
    from own_sender
    group by reply_id
    having count(distinct client_id) = 1
)
select
    open_reply.id, open_reply.provider, open_reply.channel, open_reply.subject, open_reply.body, open_reply.automatic, open_reply.thread, open_reply.person,
    coalesce(ranked.client_id, sole_owner.client_id) as client_id,
    coalesce(ranked.sender_id, sole_owner.sender_id) as sender_id,
    ranked.message_id, ranked.packet_id, ranked.row_no, coalesce(ranked.language, client.language) as language,
    coalesce(
        ranked.next_by_thread = ranked.by_thread and ranked.claimed_at - ranked.next_at < make_interval(mins => :close_minutes), false
    ) as ambiguous,
    array(
        select client_id from ranked as other where other.reply_id = open_reply.id
        union select client_id from erased_writer where erased_writer.reply_id = open_reply.id
        union select client_id from sole_owner where sole_owner.reply_id = open_reply.id
    ) as wrote,
    coalesce(
        (select jsonb_object_agg(client_id, wrote_to) from ranked as other where other.reply_id = open_reply.id and wrote_to <> ''), '{}'
    ) as wrote_to,
    exists (
        select from suppression
        where suppression.client_id = coalesce(ranked.client_id, sole_owner.client_id) and suppression.channel in (open_reply.channel, '*')
            and suppression.address_hash = open_reply.person_hash and suppression.reason = 'opted_out'
    )
    and exists (
        select from reply as earlier
        where
            earlier.client_id = coalesce(ranked.client_id, sole_owner.client_id) and earlier.from_address = open_reply.from_address
            and earlier.kind = 'stop' and earlier.sender_id = coalesce(ranked.sender_id, sole_owner.sender_id)
    ) as stopped,
    coalesce(comparable_address(reply_setting.forward_to) = open_reply.person, false) as from_owner,
    open_reply.to_addresses[1] as own_address,
    campaign_version.details -> 'replies' as named
from open_reply
left join ranked on ranked.reply_id = open_reply.id and ranked.place = 1
left join sole_owner on sole_owner.reply_id = open_reply.id
left join client on client.id = coalesce(ranked.client_id, sole_owner.client_id)
left join reply_setting on reply_setting.client_id = client.id
left join data_packet on data_packet.id = ranked.packet_id
left join campaign_version on campaign_version.id = data_packet.campaign_version_id
order by open_reply.id

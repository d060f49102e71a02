-- Records how the forwarding of a reply ended, and what it costs. Parameters: id, forwarding, fee_minor, fee_currency (null if it is free).
update reply
set forwarding = :forwarding, fee_minor = :fee_minor, fee_currency = :fee_currency
where id = :id and forwarding = 'promised'

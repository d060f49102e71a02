-- Records how the forwarding of a reply ended. Parameters: id, forwarding.
update reply set forwarding = :forwarding where id = :id and forwarding = 'promised'

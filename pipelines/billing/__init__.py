"""What messages cost: price lists, reservations, bookings and the proofs that they add up."""

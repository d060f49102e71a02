"""HTTP as every provider needs it: pooled connections, one try, and a deadline that no slow header or body outlives."""

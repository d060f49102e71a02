"""Provider callbacks: stored first, applied later by rank."""

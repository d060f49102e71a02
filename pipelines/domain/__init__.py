"""Pure data types and rules: no database, no network, no clock."""

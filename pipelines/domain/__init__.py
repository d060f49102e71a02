"""Pure shapes and rules: functions of their inputs, no database, no network, no clock of their own."""

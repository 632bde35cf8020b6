"""The time bank, its rules and its activities."""

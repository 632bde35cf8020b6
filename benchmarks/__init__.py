"""How fast the ledger is beside programs with the same or with less to promise. script/bench runs it."""

"""Accounts, transfers and entries. The ledger knows nothing of people: ids, minutes, dates and kinds only."""

"""One account's month: opening balance, entries, closing balance, in both books."""

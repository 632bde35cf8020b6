"""The whole ledger of a bank, written for programs that check our arithmetic and for spreadsheets."""

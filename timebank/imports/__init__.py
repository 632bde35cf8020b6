"""Read what a bank already has in a spreadsheet."""

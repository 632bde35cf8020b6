"""What the time bank itself costs in money: entered by its administrators, for some days, and about nobody."""

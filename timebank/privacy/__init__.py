"""What the bank holds about one person: handing it over, and forgetting it."""

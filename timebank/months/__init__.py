"""Months: looking through one, closing it, and issuing its statements."""

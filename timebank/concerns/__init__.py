"""Concerns for somebody's safety, and who reads them."""

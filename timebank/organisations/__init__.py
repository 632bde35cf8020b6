"""Organisations, the community account, and whose account is whose."""

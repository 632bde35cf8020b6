"""What administrators look into: the audit, in words."""

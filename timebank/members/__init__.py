"""People, their memberships and roles, and what each role may do."""

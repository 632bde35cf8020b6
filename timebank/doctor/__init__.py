"""Whether the installation is well: its settings, its machine, its database, and what should be done every day."""

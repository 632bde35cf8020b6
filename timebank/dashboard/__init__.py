"""The first page after signing in, and the menu."""

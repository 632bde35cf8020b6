"""Backups: the whole time bank in one file that shows by itself whether it is whole, and back from it in one step."""

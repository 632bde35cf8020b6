"""Hostile input: what somebody who means harm would type, send and ask for, against everything that takes it."""

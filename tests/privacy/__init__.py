"""Tests of what is held about one person."""

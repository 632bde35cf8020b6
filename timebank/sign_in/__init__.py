"""Signing in and out: the only package that knows passwords."""

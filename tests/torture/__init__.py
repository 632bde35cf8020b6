"""The bank test: many clients work on a running time bank while its processes are killed, and nothing may be lost."""

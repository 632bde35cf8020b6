"""The pages and pictures of evidence."""

"""What every page shares: security headers, error pages, logs, languages, form fields, paging."""

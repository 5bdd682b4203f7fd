"""The report: one file for a browser, without network access."""

"""The ledger: tables, the one writer, and queries by noun. Rows become domain values here and do not leave it."""

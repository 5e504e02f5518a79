"""Reads and row changes by noun. None of them commits: the caller owns the transaction."""

"""One measurement a file; each is a function from the `Run` to its tables."""

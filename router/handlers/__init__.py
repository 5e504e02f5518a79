"""One use case a file: load values, ask the pure function, save state and effects. Never opens a transaction."""

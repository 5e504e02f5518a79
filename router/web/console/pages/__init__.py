"""One module per thing that the console shows."""

"""What is decided, pure: values in, values out; no clock, database, network or random source."""

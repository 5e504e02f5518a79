"""What the platform knows, and the operations on it. No I/O; time is passed in."""

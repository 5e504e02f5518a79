"""What people change in console and API; each use case writes who changed what."""

"""What the ``liveqr`` command does, one act a file."""

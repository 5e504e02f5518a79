"""Adapters to the platforms customers come from: each speaks its vendor's language and imports nothing of ours."""

"""HTTP: every route, and the translation between requests and use cases."""

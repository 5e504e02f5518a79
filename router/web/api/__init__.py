"""The JSON API at /api: one table of operations, from which come routes, validation and the OpenAPI document."""

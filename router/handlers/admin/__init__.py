"""Administration (管理): what console and API may change, one noun a file, each change recorded with who made it.

A use case takes the connection and an `Act`, checks everything first, then writes; so a `Refusal` it returns means that
nothing was written. Nothing is ever deleted: archiving keeps history readable.
"""

"""Hypothesis without deadlines: the first normalisation builds its tables, and machines are shared."""

from hypothesis import settings

settings.register_profile("without_deadline", deadline=None)
settings.load_profile("without_deadline")

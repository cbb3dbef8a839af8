"""What all tests share."""

from hypothesis import settings

settings.register_profile("unhurried", deadline=None)  # machines are slow when they are shared
settings.load_profile("unhurried")

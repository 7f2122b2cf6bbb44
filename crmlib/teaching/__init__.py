"""The made company with planted truth: a wing that nothing in the library imports."""

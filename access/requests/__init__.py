"""Requests for access: asking, deciding, what follows when nobody does, and what is granted in the end."""

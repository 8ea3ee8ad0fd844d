"""Grants and requests in the read-only API."""

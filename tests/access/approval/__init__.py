"""Approval policies."""

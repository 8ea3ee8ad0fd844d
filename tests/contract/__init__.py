"""Held to the truth: Google's own discovery documents and clients."""

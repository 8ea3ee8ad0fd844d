"""Federated queries: EXTERNAL_QUERY, with everything that can refuse it, and the real database behind it."""

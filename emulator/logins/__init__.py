"""Logging in to a database with IAM: who may, as whom, and the endpoints that connectors expect."""

"""Logging in to the databases themselves with IAM: instances, who may log in, granting and revoking it."""

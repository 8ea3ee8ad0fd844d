"""The kinds of connection: what each one takes, which identity Google gives it, and where its secret is.

From the discovery document bigqueryconnection v1. A new kind is a `Kind` in the registry.
"""

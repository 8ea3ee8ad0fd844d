"""Reviews: from time to time owners look through who has access, and keep or remove."""

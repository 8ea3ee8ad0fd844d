"""Cloud SQL Admin: instances, databases, users, and what a connector asks before it connects."""

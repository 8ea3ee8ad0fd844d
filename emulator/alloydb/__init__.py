"""AlloyDB: users, and what a connector asks before it connects."""

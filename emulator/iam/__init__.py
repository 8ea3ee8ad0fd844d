"""Identity and access: roles, members, conditions, policies and what they let a caller do."""

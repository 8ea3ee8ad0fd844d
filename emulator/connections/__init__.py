"""The Connection resource: its rules, apart from what is particular to a kind."""

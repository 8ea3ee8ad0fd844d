"""Where policies at Google and claims differ: found by comparing them, decided by people."""

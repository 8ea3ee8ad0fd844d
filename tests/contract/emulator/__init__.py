"""The stand-in for Google, held against the discovery documents and driven by the official clients."""

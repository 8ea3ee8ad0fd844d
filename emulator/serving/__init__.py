"""The HTTP side: dispatching calls, misbehaving when told to, and the control API."""

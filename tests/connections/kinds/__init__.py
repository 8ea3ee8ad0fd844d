"""Every kind of connection: its dialog, its way to Google and back, its page."""

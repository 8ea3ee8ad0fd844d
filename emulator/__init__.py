"""A runnable stand-in for the Google APIs that the portal calls.

It speaks Google's REST over plain HTTP and keeps to the rules that Google's documentation, discovery
documents and recorded traffic show, errors included. It knows nothing of Django or of the portal.
"""

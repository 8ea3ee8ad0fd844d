"""The portal as people meet it: real processes, a real browser, nothing patched."""

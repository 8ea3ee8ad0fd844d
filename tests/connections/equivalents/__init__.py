"""The commands that the pages show, given to real parsers and run against the emulator."""

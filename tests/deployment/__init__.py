"""The files that install and start the portal, held to the code: nothing here needs a Docker engine."""

"""The web server's way in."""

import os

from django.core.wsgi import get_wsgi_application

from portal.charset import utf_8_only

os.umask(0o077)  # what the portal writes is its user's alone
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
application = utf_8_only(get_wsgi_application())

"""Where does a WSGI server find the pages? It gets them only if the database gives exactly the rights of the register."""

import os

from django.core.wsgi import get_wsgi_application
from django.db import connections

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portvakt.server.settings")
application = get_wsgi_application()

from portvakt.server.purpose import catalogue  # noqa: E402 - models exist only from here on

catalogue.require_no_difference()
connections.close_all()

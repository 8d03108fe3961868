"""Where does a WSGI server find the pages?"""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portvakt.server.settings")
application = get_wsgi_application()

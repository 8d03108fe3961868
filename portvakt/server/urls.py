"""Which address leads to which page?"""

from django.urls import include, path

urlpatterns = [path("", include("portvakt.server.web.urls"))]

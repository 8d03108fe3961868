"""Which address leads to which page of the desk?"""

from django.urls import path

from portvakt.server.web.desk import overview

app_name = "desk"
urlpatterns = [
    path("", overview.overview, name="overview"),
]

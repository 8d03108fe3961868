"""Which address leads to which public page?"""

from django.urls import path

from portvakt.server.web.site import guardian

app_name = "site"
urlpatterns = [
    path("guardian/<str:token>/", guardian.guardian, name="guardian"),
]

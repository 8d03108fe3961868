"""Which address of an organisation leads to which page of a person's own?"""

from django.urls import path

from portvakt.server.web.me import doors

app_name = "me"
urlpatterns = [
    path("", doors.doors, name="doors"),
    path("doors/<uuid:door>/open/", doors.open_door, name="open"),
    path("asks/<uuid:ask>/", doors.answer, name="answer"),
]

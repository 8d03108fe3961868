"""Which address of an organisation leads to which page of the Board?"""

from django.urls import path

from portvakt.server.web.board import doors, in_force

app_name = "board"
urlpatterns = [
    path("", doors.live, name="doors"),
    path("in-force/<int:version>/", in_force.status, name="in_force"),
]

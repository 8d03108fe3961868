"""Which address leads to which page of the desk?"""

from django.urls import URLPattern

app_name = "desk"
urlpatterns: list[URLPattern] = []

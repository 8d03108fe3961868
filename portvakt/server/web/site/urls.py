"""Which address leads to which public page?"""

from django.urls import URLPattern

app_name = "site"
urlpatterns: list[URLPattern] = []

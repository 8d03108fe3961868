"""Which address leads to which page of the Board, and which to sign-in?"""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []

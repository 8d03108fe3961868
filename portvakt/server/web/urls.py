"""Which address leads to which page of the Board or of a person's own, and which to sign-in?"""

from django.urls import include, path
from django.views.i18n import set_language

from portvakt.server.web import account, consents, own_data, terms
from portvakt.server.web.me import scan

urlpatterns = [
    path("", account.home, name="home"),
    path("language/", set_language, name="set_language"),
    path("account/", account.my_account, name="my_account"),
    path("account/", include("allauth.urls")),
    path("terms/", terms.terms, name="terms"),
    path("terms/waiting/", terms.waiting, name="terms_waiting"),
    path("terms/<slug:number>/", terms.version, name="terms_version"),
    path("my-data/", own_data.mine, name="own_data"),
    path("consents/", consents.consents, name="consents"),
    path("consents/file/", consents.file, name="consents_file"),
    path("consents/<slug:purpose>/", consents.say, name="consent"),
    # Short, so that the code printed at a door stays coarse enough for any camera.
    path("s/<str:code>/", scan.scanned, name="scanned"),
    path("", include("portvakt.server.web.site.urls")),
    path("desk/", include("portvakt.server.web.desk.urls")),
    path("o/<slug:slug>/me/", include("portvakt.server.web.me.urls")),
    path("o/<slug:slug>/", include("portvakt.server.web.board.urls")),
]

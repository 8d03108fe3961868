"""Which address of an organisation leads to which page of a person's own?"""

from django.urls import path

from portvakt.server.web.me import asking, code, consents, credentials, doors, privacy, scan

app_name = "me"
urlpatterns = [
    path("", doors.doors, name="doors"),
    path("doors/<uuid:door>/open/", doors.open_door, name="open"),
    path("asks/<uuid:ask>/", asking.answer, name="answer"),
    path("scan/<str:code>/", scan.scan, name="scan"),
    path("scan/<str:code>/open/", scan.scan_open, name="scan_open"),
    path("code/", code.code, name="code"),
    path("code/key/", code.key, name="code_key"),
    path("code/image/", code.image, name="code_image"),
    path("code/renew/", code.renew, name="code_renew"),
    path("code/pin/<uuid:door>/<str:side>/", code.pin, name="code_pin"),
    path("consents/", consents.consents, name="consents"),
    path("consents/file/", consents.file, name="consents_file"),
    path("consents/<slug:purpose>/", consents.say, name="consent"),
    path("privacy/", privacy.privacy, name="privacy"),
    path("credentials/", credentials.own, name="credentials"),
    path("credentials/passcode/", credentials.passcode, name="passcode"),
]

"""With which settings does the server run? Read from the environment, once, loudly.

Every variable `NAME` may instead be given as `NAME_FILE`, the path of a file that holds the value.
docs/operations/settings.md describes each.
"""

import os
from operator import attrgetter
from pathlib import Path

import psycopg.conninfo
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

ROOT = Path(__file__).resolve().parent.parent.parent
REQUIRED = object()


def env(name: str, default: object = REQUIRED) -> str:
    """Return the value of an environment variable or of the file that NAME_FILE points to."""
    if path := os.environ.get(f"{name}_FILE"):
        return Path(path).read_text().strip()
    value = os.environ.get(name, default)
    if value is REQUIRED:
        message = f"set {name} or {name}_FILE; see docs/operations/settings.md"
        raise ImproperlyConfigured(message)
    return str(value)


def database(url: str) -> dict[str, object]:
    """Return Django's description of the PostgreSQL database that a connection string names."""
    parts = psycopg.conninfo.conninfo_to_dict(url)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.get("dbname", "portvakt"),
        "USER": parts.get("user", ""),
        "PASSWORD": parts.get("password", ""),
        "HOST": parts.get("host", ""),
        "PORT": parts.get("port", ""),
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        # Parameters of a failed statement stay out of the server's log: they may be personal data.
        "OPTIONS": {"options": "-c log_parameter_max_length_on_error=0 -c statement_timeout=30000"},
    }


VAR = Path(env("PORTVAKT_VAR", str(ROOT / "var")))
SECRETS = Path(env("PORTVAKT_SECRETS", str(VAR / "secrets")))
REGISTER = Path(env("PORTVAKT_REGISTER", str(ROOT / "register")))
# Which entry point this process is; decides which login it has and so which purposes it may take.
ENTRY_POINT = env("PORTVAKT_ENTRY_POINT", "owner")

SECRET_KEY = env("SECRET_KEY")
# What blocked addresses are digested with: stays the same when SECRET_KEY is changed, or they are forgotten.
SUPPRESSION_KEY = env("SUPPRESSION_KEY", SECRET_KEY)
DEBUG = False
ALLOWED_HOSTS = env("ALLOWED_HOSTS", "localhost,127.0.0.1").split(",")
PUBLIC_URL = env("PUBLIC_URL", "http://localhost:8000")
LIVE_URL = env("LIVE_URL", "http://localhost:8001")
LINK_ADDRESS = env("LINK_ADDRESS", "localhost:9843")
ENROL_ADDRESS = env("ENROL_ADDRESS", "localhost:9844")
# Address of the simulator's control interface; empty where there is none, and then the page does not exist either.
SIMULATOR_URL = env("SIMULATOR_URL", "")
SECURE = PUBLIC_URL.startswith("https:")

DATABASES = {"default": database(env("DATABASE_URL"))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "portvakt.server.purpose",
    "portvakt.server.organisations",
    "portvakt.server.logbook",
    "portvakt.server.accounts",
    "portvakt.server.people",
    "portvakt.server.places",
    "portvakt.server.access",
    "portvakt.server.privacy",
    "portvakt.server.provider",
    "portvakt.server.jobs",
    "portvakt.server.link",
    "portvakt.server.live",
    "portvakt.server.web",
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "procrastinate.contrib.django",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "portvakt.server.web.middleware.ContentSecurity",
    "portvakt.server.web.middleware.SignInPurpose",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "portvakt.server.web.middleware.WhoIsSignedIn",
    "portvakt.server.web.terms_first.TermsFirst",
    "django.middleware.common.CommonMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]
ROOT_URLCONF = "portvakt.server.urls"
WSGI_APPLICATION = "portvakt.server.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "portvakt" / "server" / "web" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portvakt.server.web.context.page",
            ],
        },
    },
]

# Every form, the sign-in library's too, is rendered with the Board's own field.
FORM_RENDERER = "portvakt.server.web.forms.Renderer"

AUTH_USER_MODEL = "accounts.Account"
AUTHENTICATION_BACKENDS = ["portvakt.server.web.backend.Backend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
ACCOUNT_ADAPTER = "portvakt.server.web.adapter.Adapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
# In mails and messages an account is called by its name; str(account) is its id, which is for logs.
ACCOUNT_USER_DISPLAY = attrgetter("name")
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_SUBJECT_PREFIX = "Portvakt: "
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
# Failed sign-ins are counted for each address; without this all browsers would have the proxy's, and a stranger could lock everybody out.
ALLAUTH_TRUSTED_PROXY_COUNT = int(env("TRUSTED_PROXIES", "1" if SECURE else "0"))
# The forms for strangers, by address: enough for anybody, too few to fill a disk or to have others' mailboxes filled.
ACCOUNT_RATE_LIMITS = {"site_form": "10/h/ip"}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Portvakt"
# Browsers call http://localhost a secure context; everywhere else passkeys need https.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not SECURE
USERSESSIONS_TRACK_ACTIVITY = False
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGOUT_REDIRECT_URL = "/account/login/"

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 14
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
SECURE_REFERRER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = False
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SECURE else None
X_FRAME_OPTIONS = "DENY"
MESSAGE_STORAGE = "django.contrib.messages.storage.cookie.CookieStorage"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000
# A request that is longer than this brings no file at all, and none is ever written to disk: strangers can send one, too.
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
FILE_UPLOAD_MAX_MEMORY_SIZE = 2_500_000

# What runs on a timer stands in a feature's jobs.py.
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"

EMAIL_BACKEND = env("EMAIL_BACKEND", "django.core.mail.backends.smtp.EmailBackend")
EMAIL_FILE_PATH = str(VAR / "mail")
EMAIL_HOST = env("EMAIL_HOST", "localhost")
EMAIL_PORT = int(env("EMAIL_PORT", "25"))
EMAIL_HOST_USER = env("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = env("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = env("EMAIL_USE_TLS", "no") == "yes"
# Mail is sent while somebody waits: a server that does not answer must not hold their page and its transaction for minutes.
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env("MAIL_FROM", "portvakt@localhost")

# A gateway for text messages that takes a form over https; empty where there is none.
SMS_URL = env("SMS_URL", "")
SMS_USER = env("SMS_USER", "")
SMS_PASSWORD = env("SMS_PASSWORD", "")
SMS_FROM = env("SMS_FROM", "Portvakt")
if SMS_URL and not SMS_URL.startswith(("https://", "http://localhost:", "http://127.0.0.1:")):
    message = "SMS_URL must begin with https: number, text and password would be read on the way"
    raise ImproperlyConfigured(message)
# Whether strangers find the order form and the enquiry form here: the provider's own deployment has them, an organisation's own has not.
PROVIDER_SITE = env("PROVIDER_SITE", "no") == "yes"
# Webhooks may then also reach this machine and its neighbours, and without TLS: for trials alone.
WEBHOOK_PRIVATE = env("WEBHOOK_PRIVATE", "no") == "yes"

LANGUAGE_CODE = env("DEFAULT_LANGUAGE", "sv")
LANGUAGES = [("sv", _("Swedish")), ("en", _("English"))]
LOCALE_PATHS = [ROOT / "portvakt" / "locale"]
TIME_ZONE = env("TIME_ZONE", "Europe/Stockholm")
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = VAR / "static"
STATICFILES_DIRS = [("vendor", VAR / "assets" / "vendor"), ROOT / "portvakt" / "server" / "web" / "assets"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    # httpx would log addresses that others gave, which may hold a secret of theirs.
    # The makers of PDF would log each page and each font.
    "loggers": {
        "procrastinate": {"level": "WARNING"},
        "httpx": {"level": "WARNING"},
        "weasyprint": {"level": "WARNING"},
        "fontTools": {"level": "WARNING"},
    },
    "root": {"handlers": ["stderr"], "level": env("LOG_LEVEL", "INFO")},
}

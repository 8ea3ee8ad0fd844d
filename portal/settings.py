"""Every setting of the portal, driven by the environment; docs/operations.md lists the variables.

Nothing set: SQLite, Celery over a private folder, secrets in files under `var/`.
`DATABASE_URL`, `REDIS_URL` and real Google credentials make the same code a distributed installation.
"""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit

import environ

from portal import broker, keyfiles, logs, schedule

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
# A line of .env that was left empty means the default: PORTAL_REQUIRE_MFA= must not turn it off.
env.ENVIRON = {name: value for name, value in os.environ.items() if value}

# Before anything is made in it, so that nobody else can look in.
DATA_DIR = keyfiles.private_folder(Path(env.str("PORTAL_DATA_DIR", str(BASE_DIR / "var"))))
DEMO = env.bool("PORTAL_DEMO", False)
DEBUG = env.bool("DEBUG", False)
BASE_URL = env.str("PORTAL_BASE_URL", "http://localhost:8000").rstrip("/")
HTTPS = BASE_URL.startswith("https://")
GOOGLE_CLIENT_ID = env.str("GOOGLE_CLIENT_ID", "")

# Secrets: from the environment, else a file that only this user can read, made at the first start.
SECRET_KEY = env.str("SECRET_KEY", "") or keyfiles.text_secret(DATA_DIR / "keys" / "secret_key")
KEYSET_FILE = Path(env.str("PORTAL_KEYSET_FILE", str(DATA_DIR / "keys" / "keyset.json")))
CHECKPOINT_KEY_FILE = Path(env.str("PORTAL_CHECKPOINT_KEY_FILE", str(DATA_DIR / "keys" / "checkpoint.pem")))
CHECKPOINT_FILE = Path(env.str("PORTAL_CHECKPOINT_FILE", str(DATA_DIR / "checkpoints" / "checkpoints.jsonl")))

ALLOWED_HOSTS = env.list(
    "ALLOWED_HOSTS", default=[urlsplit(BASE_URL).hostname, "localhost", "127.0.0.1", "[::1]"]
)
CSRF_TRUSTED_ORIGINS = [BASE_URL]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    # Its addresses exist only where it is configured.
    *(["allauth.socialaccount.providers.google"] if GOOGLE_CLIENT_ID else []),
    "allauth.mfa",
    "csp",
    "django_filters",
    "django_htmx",
    "django_structlog",
    "portal.apps.PortalConfig",
    "access.apps.AccessConfig",
    "connections.apps.ConnectionsConfig",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # Before whatever may fail or refuse: each answer has a number in the log.
    "portal.middleware.RequestLog",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "portal.middleware.session_limits",
    "portal.middleware.no_store",
    "portal.middleware.body_limit",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.context.portal",
                "access.context.alarms",
            ],
            "builtins": ["portal.templatetags.console", "portal.templatetags.times"],
        },
    }
]
FORM_RENDERER = "portal.forms.ConsoleRenderer"

# Database: SQLite unless told otherwise. IMMEDIATE transactions and WAL let several processes write. Up to
# 32 MiB of pages are kept: a search through every row reads memory then.
DATABASE_URL = env.str("DATABASE_URL", "") or f"sqlite:///{DATA_DIR / 'portal.sqlite3'}"
DATABASES = {"default": env.db_url_config(DATABASE_URL)}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        "timeout": 20,
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-32768;",
    }
else:
    DATABASES["default"]["CONN_MAX_AGE"] = env.int("DATABASE_CONN_MAX_AGE", 60)
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = broker.checked(env.str("REDIS_URL", ""))
# Sign-ins are counted in the cache: without Redis people must still get in, so it is the database's.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "portal_cache",
        "OPTIONS": {"MAX_ENTRIES": 10_000},  # a flood of sign-ins must not push the counts of others out
    }
}

# Celery carries ids only; the Operation row is the truth. Read by portal/celery.py with this prefix.
CELERY_BROKER_URL = REDIS_URL or "filesystem://localhost"
BROKER_DIR = DATA_DIR / "broker"
CELERY_BROKER_TRANSPORT_OPTIONS = broker.on_redis() if REDIS_URL else broker.in_folder(BROKER_DIR)
CELERY_TASK_IGNORE_RESULT = True
# A lost message is sent again by the sweep; the web must not wait for a broker.
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_ACKS_LATE = False
# The embedded transport has no event loop: a worker that may hold one message more than it works on takes
# a message every 2 seconds only.
CELERY_WORKER_PREFETCH_MULTIPLIER = 1 if REDIS_URL else 16
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "beat-schedule")
SWEEP_SECONDS = env.float("PORTAL_SWEEP_SECONDS", 3.0)
# How old a comparison of a policy with the claims may get: what differs is found within that time.
DRIFT_SECONDS = env.float("PORTAL_DRIFT_SECONDS", 60.0)
CELERY_BEAT_SCHEDULE = schedule.of(
    sweep=SWEEP_SECONDS,
    checkpoint=env.float("PORTAL_CHECKPOINT_SECONDS", 300.0),
    refresh=env.float("PORTAL_REFRESH_SECONDS", 600.0),
    drift=DRIFT_SECONDS,
)
LEASE_SECONDS = env.float("PORTAL_LEASE_SECONDS", 15.0)
NOTICE_LEASE_SECONDS = env.float("PORTAL_NOTICE_LEASE_SECONDS", 60.0)
# Webhooks go to public https addresses only, unless an operator says that their own network's are meant.
WEBHOOKS_IN_PRIVATE_NETWORKS = env.bool("PORTAL_WEBHOOKS_IN_PRIVATE_NETWORKS", False)
REMINDER_DAYS = sorted(env.list("PORTAL_REMINDER_DAYS", cast=int, default=[1, 7]))
# Who monitors shows this token to /metrics; without one there is no such page.
METRICS_TOKEN = env.str("PORTAL_METRICS_TOKEN", "")
CREDENTIAL_SECONDS = env.int("PORTAL_CREDENTIAL_SECONDS", 15 * 60)

# Google: real, with Application Default Credentials, unless an emulator's address is given.
GOOGLE_CLOUD_EMULATOR = env.str("GOOGLE_CLOUD_EMULATOR", "").rstrip("/")
GOOGLE_EMULATOR_CALLER = env.str("GOOGLE_EMULATOR_CALLER", "")
# How long a role granted a moment ago may need to act before a failing test query counts as failed.
PROPAGATION_SECONDS = env.float("PORTAL_PROPAGATION_SECONDS", 7 * 60)
# The account that the portal runs as; pages put it into the commands that mend a missing permission.
SERVICE_ACCOUNT = env.str("PORTAL_SERVICE_ACCOUNT", "")
# The service accounts that the portal may impersonate to check a login to a database.
LOGIN_CHECK_ACCOUNTS = env.list("PORTAL_LOGIN_CHECK_ACCOUNTS", default=[])
GOOGLE_CALL_TIMEOUT = env.float("GOOGLE_CALL_TIMEOUT", 30.0)

# People
AUTH_USER_MODEL = "portal.User"
AUTHENTICATION_BACKENDS = ["portal.people.backend.Backend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ACCOUNT_ADAPTER = "portal.people.adapters.AccountAdapter"
SOCIALACCOUNT_ADAPTER = "portal.people.adapters.SocialAccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = env.int("PORTAL_RECENT_SIGN_IN_SECONDS", 15 * 60)
ACCOUNT_EMAIL_SUBJECT_PREFIX = "[BigQuery Connection Portal] "
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if HTTPS else "http"
# Behind how many proxies the client's address is read from X-Forwarded-For; 0 believes no header.
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("PORTAL_TRUSTED_PROXIES", 0)
SOCIALACCOUNT_ONLY = False
SOCIALACCOUNT_AUTO_SIGNUP = True
SOCIALACCOUNT_EMAIL_AUTHENTICATION = True
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
SOCIALACCOUNT_LOGIN_ON_GET = False
GOOGLE_SIGN_IN_DOMAINS = [d.lower() for d in env.list("PORTAL_GOOGLE_DOMAINS", default=[])]
SOCIALACCOUNT_PROVIDERS = {
    "google": {
        "APPS": [{"client_id": GOOGLE_CLIENT_ID, "secret": env.str("GOOGLE_CLIENT_SECRET", "")}],
        "SCOPE": ["openid", "email", "profile"],
        "AUTH_PARAMS": {"prompt": "select_account"},
        "OAUTH_PKCE_ENABLED": True,
        "EMAIL_AUTHENTICATION": True,
    }
}
MFA_ADAPTER = "portal.people.adapters.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "BigQuery Connection Portal"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS
REQUIRE_MFA = env.bool("PORTAL_REQUIRE_MFA", HTTPS and not DEMO)
INVITATION_DAYS = env.int("PORTAL_INVITATION_DAYS", 7)

# Tokens of the read-only API
API_TOKEN_DAYS = env.int("PORTAL_API_TOKEN_DAYS", 90)
API_CALLS_A_MINUTE = env.int("PORTAL_API_CALLS_A_MINUTE", 120)

SESSION_IDLE_SECONDS = env.int("PORTAL_SESSION_IDLE_SECONDS", 60 * 60)
SESSION_COOKIE_AGE = env.int("PORTAL_SESSION_SECONDS", 12 * 60 * 60)
SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "portal-session"
SESSION_COOKIE_SECURE = HTTPS
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "portal-csrf"
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "portal.recency.stale_token"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_PROXY_SSL_HEADER = (
    ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("PORTAL_BEHIND_TLS_PROXY", False) else None
)
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
# Whether browsers shall know the address before its first visit is for whoever owns the whole domain.
SILENCED_SYSTEM_CHECKS = ["security.W021"]
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "manifest-src": ["'self'"],
        # Chromium applies form-action to the redirect that follows a form, and Google sign-in is one.
        "form-action": ["'self'", *(["https://accounts.google.com"] if GOOGLE_CLIENT_ID else [])],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
    }
}

EMAIL_CONFIG = env.email_url_config(env.str("EMAIL_URL", "") or "filemail://")
vars().update(EMAIL_CONFIG)
EMAIL_FILE_PATH = str(keyfiles.private_folder(DATA_DIR / "mail"))
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "portal@localhost")

LANGUAGE_CODE = "en"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
# The dialog that shares has two fields for each claim, and a policy takes 1,500 principals.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 3_500
LARGEST_BODY = 2_000_000  # all of a request: its fields, and the one file that a form takes, a policy

# Logs: one line an event on standard error, JSON unless a person watches.
LOG_JSON = env.bool("PORTAL_LOG_JSON", not DEMO)
LOGGING = logs.configuration(as_json=LOG_JSON, level=env.str("PORTAL_LOG_LEVEL", "INFO"))
DEFAULT_EXCEPTION_REPORTER_FILTER = "portal.logs.ReportFilter"

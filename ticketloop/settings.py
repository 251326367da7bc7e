"""Every setting of Ticket Loop, and the only place that reads the environment (documented in .env.sample)."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from django.templatetags.static import static
from kombu import Queue

from core.broker import transport_options
from ticketloop.addresses import broker, cors_origins, csrf_origins, email, hosts, postgresql, redis
from ticketloop.environment import (
    Configuration,
    Network,
    between,
    boolean,
    certificates,
    email_addresses,
    encryption_keys,
    networks,
    one_of,
    rate,
    sender,
    signing_secret,
    token,
    user_name,
    whole_number,
)
from webhooks.receiver_url import check_receiver_url

BASE_DIR = Path(__file__).resolve().parent.parent
configuration = Configuration()
read = configuration.read

SWITCH = "on or off"
DEBUG = read("DEBUG", boolean, False, SWITCH)
HTTPS_ONLY = read("HTTPS_ONLY", boolean, not DEBUG, SWITCH)


def secret_key(text: str) -> str:
    """A SECRET_KEY of at least 50 characters; one marked as insecure is accepted only without HTTPS."""
    if len(text) < 50 or (text.startswith("insecure-") and HTTPS_ONLY):
        raise ValueError("too weak")
    return text


SECRET_KEY_EXPECTED = (
    "a secret of at least 50 characters, and not the sample's `insecure-…` unless HTTPS_ONLY is off; "
    "`python -c 'import secrets; print(secrets.token_urlsafe(48))'` makes one"
)
SECRET_KEY = (read if DEBUG else configuration.require)(
    "SECRET_KEY", secret_key, "insecure-for-debugging-only-and-nowhere-else-at-any-time", SECRET_KEY_EXPECTED
)
# For health checks and the operator on the machine itself.
LOOPBACK_NAMES = ["localhost", "127.0.0.1", "[::1]"]
ALLOWED_HOSTS = LOOPBACK_NAMES + read(
    "ALLOWED_HOSTS",
    hosts,
    list[str](),
    "host names such as www.example.com, or .example.com for all below it, separated by commas, without scheme or port",
)
ORIGINS_EXPECTED = (
    "origins such as https://www.example.com, separated by commas, without path, final slash or default port"
)
CSRF_TRUSTED_ORIGINS = read(
    "CSRF_TRUSTED_ORIGINS",
    csrf_origins,
    list[str](),
    f"{ORIGINS_EXPECTED}; https://*.example.com for all below it",
)
API_ACCESS = read("API_ACCESS", one_of("open", "intake", "key"), "key", "open, intake or key")

# --- Rate limits ------------------------------------------------------------------------------------------------

RATE_EXPECTED = "a rate such as 60/minute (second, minute, hour or day), or off"
# A public form needs a limit; no person opens a ticket each second.
FORM_RATE = rate("60/minute") if API_ACCESS == "intake" else None
THROTTLE_ADDRESS = read("THROTTLE_ADDRESS", rate, FORM_RATE, RATE_EXPECTED)
THROTTLE_KEY = read("THROTTLE_KEY", rate, None, RATE_EXPECTED)
TRUSTED_PROXY_COUNT = read("TRUSTED_PROXY_COUNT", whole_number(0, 10), 0, "a whole number from 0 to 10")

# --- Apps and middleware -----------------------------------------------------------------------------------

INSTALLED_APPS = [
    "ticketloop.apps.TicketLoopConfig",  # before the apps whose templates it overrides
    "desk",  # likewise
    "unfold",
    "unfold.contrib.filters",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "axes",
    "access",
    "webhooks",
    "contacts",
    "tickets",
]
MIDDLEWARE = [
    "ticketloop.request_log.request_log_middleware",
    "django.middleware.security.SecurityMiddleware",
    "ticketloop.browser_policies.BrowserPoliciesMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "ticketloop.limits.BodyLimitMiddleware",
    "ticketloop.outages.OutageMiddleware",
    # Those of `ticketloop.middleware` are Django's, skipped for API requests without a session cookie, and the check of
    # the Host header for probes.
    "ticketloop.middleware.SessionMiddleware",
    "ticketloop.middleware.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "ticketloop.middleware.AuthenticationMiddleware",
    "ticketloop.middleware.MessageMiddleware",
    "desk.interruption.SignedOutMiddleware",
    "axes.middleware.AxesMiddleware",
]

# Other origins may use the API alone, with a key in a header: CORS_ALLOW_CREDENTIALS stays off, so no cookies are sent.
CORS_ALLOWED_ORIGINS = read(
    "CORS_ALLOWED_ORIGINS",
    cors_origins,
    list[str](),
    f"{ORIGINS_EXPECTED}; or * for all",
)
if CORS_ALLOWED_ORIGINS:
    INSTALLED_APPS.append("corsheaders")
    MIDDLEWARE.insert(1, "corsheaders.middleware.CorsMiddleware")
if "*" in CORS_ALLOWED_ORIGINS:
    CORS_ALLOW_ALL_ORIGINS, CORS_ALLOWED_ORIGINS = True, []
CORS_URLS_REGEX = r"^/api/"
CORS_ALLOW_METHODS = ["GET", "HEAD", "OPTIONS", "PATCH", "POST"]
CORS_ALLOW_HEADERS = ["authorization", "content-type", "idempotency-key", "if-none-match", "x-request-id"]
CORS_EXPOSE_HEADERS = [
    *("ETag", "Idempotent-Replayed", "Link", "Location", "RateLimit", "RateLimit-Policy", "Retry-After"),
    "X-Request-ID",
]
ROOT_URLCONF = "ticketloop.urls"
WSGI_APPLICATION = "ticketloop.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
FORMAT_MODULE_PATH = "desk.formats"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_TZ = True

# --- PostgreSQL --------------------------------------------------------------------------------------------

DATABASE_TIME_LIMITS = read("DATABASE_TIME_LIMITS", boolean, True, SWITCH)
# Milliseconds. What takes longer waits for something that is wrong; a client is told to try again within five seconds.
TIME_LIMITS = "-c statement_timeout=4000 -c lock_timeout=1000 -c idle_in_transaction_session_timeout=10000"
limits = TIME_LIMITS if DATABASE_TIME_LIMITS else ""
PREPARED_STATEMENTS = read("PREPARED_STATEMENTS", boolean, True, SWITCH)  # see core.raw_sql
database: dict[str, Any] = configuration.require(
    "DATABASE_URL",
    postgresql,
    {"NAME": "unset", "OPTIONS": {}},
    "a URL such as postgres://user:password@host:5432/ticketloop?sslmode=require, its options those of libpq",
)
DATABASE_POOL_SIZE = read("DATABASE_POOL_SIZE", whole_number(1, 1000), None, "a number of connections, from 1 to 1000")
# For a worker, whose threads use a connection for some milliseconds and then wait for receivers. The threads of the API
# keep a connection each, which is faster.
pool: dict[str, Any] = {
    "CONN_MAX_AGE": 0,
    "CONN_HEALTH_CHECKS": True,
    # Short waits between two tries to connect: else a pool stays away as long again as PostgreSQL was.
    "OPTIONS": {"pool": {"min_size": 1, "max_size": DATABASE_POOL_SIZE, "timeout": 2, "reconnect_timeout": 1}},
}
DATABASES = {
    "default": {
        **database,
        "ENGINE": "django.db.backends.postgresql",
        "CONN_MAX_AGE": 600,  # seconds; `ticketloop.stale_connections` replaces what PostgreSQL ended
        **(pool if DATABASE_POOL_SIZE else {}),
        "OPTIONS": {
            **(pool["OPTIONS"] if DATABASE_POOL_SIZE else {}),
            # For a host that drops packets or has vanished; `ticketloop.database_watch` is for one that stands still.
            "connect_timeout": 2,  # seconds
            "tcp_user_timeout": 5000,  # milliseconds
            "keepalives_idle": 5,
            "keepalives_interval": 2,
            "keepalives_count": 3,
            "application_name": "ticketloop",
            **database["OPTIONS"],
            # Those in the URL come last and win.
            "options": f"{limits} {database['OPTIONS'].get('options', '')}".strip(),
            "server_side_binding": True,
            "prepare_threshold": None,  # `core.raw_sql` prepares its own statements
        },
        # Server-side cursors need a session, which PgBouncer in transaction mode does not keep.
        "DISABLE_SERVER_SIDE_CURSORS": True,
    }
}

# --- Passwords, sessions, transport ------------------------------------------------------------------------

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
# Locks out a user name from one address after so many wrong passwords; from other addresses it can still sign in, so
# nobody can lock a colleague out.
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_HANDLER = "access.lockout.Handler"  # which also limits each address as a whole
AXES_CLIENT_IP_CALLABLE = "access.lockout.address"
AXES_USERNAME_CALLABLE = "access.lockout.username"
AXES_LOCKOUT_CALLABLE = "access.lockout.refuse"
AXES_SENSITIVE_PARAMETERS = ["username", "password", "csrfmiddlewaretoken"]  # never stored
AXES_ENABLE_ADMIN = False
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False

SESSION_COOKIE_AGE = 12 * 60 * 60  # seconds: a working day
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS_ONLY
if HTTPS_ONLY:  # browsers accept `__Host-` cookies only from this very host and over TLS (RFC 6265bis, 4.1.3)
    SESSION_COOKIE_NAME = "__Host-sessionid"
    CSRF_COOKIE_NAME = "__Host-csrftoken"
SECURE_REDIRECT_EXEMPT = [r"^(health|metrics)/?$"]  # probes in the container network use plain HTTP
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS_ONLY else 0
# Other services below this host name are the operator's to decide about, and a preloaded name is hard to take back.
HSTS_SUBDOMAINS = read("HSTS_SUBDOMAINS", one_of("off", "on", "preload"), "off", "off, on or preload")
SECURE_HSTS_INCLUDE_SUBDOMAINS = HSTS_SUBDOMAINS != "off"
SECURE_HSTS_PRELOAD = HSTS_SUBDOMAINS == "preload"
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]  # which ask for both
# HTTPS_ONLY requires a proxy that terminates TLS and sets this header itself.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS_ONLY else None
X_FRAME_OPTIONS = "DENY"

CSRF_FAILURE_VIEW = "ticketloop.error_pages.csrf_failure"
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"

# The first superuser, created by `manage.py prepare` when there is none, with the first of these addresses; all of
# them are told when a receiver is disabled.
ADMIN_USERNAME = read("ADMIN_USERNAME", user_name, "admin", "at most 150 letters, digits and @.+-_")
ADMIN_PASSWORD = read("ADMIN_PASSWORD", str, "", "a password")
ADMIN_EMAIL = read("ADMIN_EMAIL", email_addresses, list[str](), "e-mail addresses, separated by commas")

# --- Static files ------------------------------------------------------------------------------------------

STATIC_URL = "static/"
COLLECTED_STATIC = BASE_DIR / "staticfiles"
# The image runs collectstatic into this folder; without it (local run, tests) finders serve the files of the packages.
STATIC_ROOT = COLLECTED_STATIC if COLLECTED_STATIC.is_dir() else None
WHITENOISE_USE_FINDERS = STATIC_ROOT is None
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if STATIC_ROOT
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}

# --- The API -----------------------------------------------------------------------------------------------

API_BODY_LIMIT = 1024 * 1024  # bytes
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "access.authentication.ApiKeyAuthentication",  # the first names the challenge of a 401
        "access.authentication.StaffSessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["access.permissions.ApiAccess"],
    # Skip Redis when no limit is configured.
    "DEFAULT_THROTTLE_CLASSES": ["access.throttling.Throttle"] if THROTTLE_ADDRESS or THROTTLE_KEY else [],
    "DEFAULT_PARSER_CLASSES": ["core.parsers.LimitedJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "access.openapi.AccessSchema",
    "URL_FORMAT_OVERRIDE": None,
    "ALLOWED_VERSIONS": ["1"],  # `/openapi.json` takes no other `version`, which it names in a header
    "EXCEPTION_HANDLER": "core.errors.api_exception_handler",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Ticket Loop",
    "DESCRIPTION": "Open support tickets, follow them, resolve them; get notified by webhook.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "COMPONENT_SPLIT_REQUEST": True,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "core.openapi_parts.document_paths_without_slash",
        "tickets.api.webhook_schema.describe_headers",
        "access.openapi.describe_responses",
    ],
    "ENUM_NAME_OVERRIDES": {
        "TicketStatus": "tickets.models.Ticket.Status",
        "HealthStatus": "ticketloop.health.STATUSES",
        "DeliveriesStatus": "ticketloop.health.DELIVERIES_STATUSES",
    },
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "WEBHOOKS": [
        f"tickets.api.webhook_schema.{name}" for name in ("TICKET_CREATED", "TICKET_RESOLVED", "TICKET_REOPENED")
    ],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"validatorUrl": None, "tryItOutEnabled": True},
}

# --- The support desk --------------------------------------------------------------------------------------

UNFOLD = {
    "SITE_TITLE": "Ticket Loop",
    "SITE_HEADER": "Ticket Loop",
    "SITE_SUBHEADER": "Support desk",
    "LOGIN": {"form": "access.sign_in.SignInForm"},
    "SITE_ICON": lambda request: static("desk/logo.svg"),
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("desk/logo.svg")}],
    "STYLES": [lambda request: static("desk/desk.css")],
    "SCRIPTS": [lambda request: static("desk/desk.js"), lambda request: static("desk/keys.js")],
    "COLORS": {
        # Teal: contrast is WCAG AA for white text on 600, and for 500 on a dark background.
        "primary": {
            "50": "oklch(98% .014 181)",
            "100": "oklch(95% .05 181)",
            "200": "oklch(91% .095 181)",
            "300": "oklch(85% .135 182)",
            "400": "oklch(78% .14 182)",
            "500": "oklch(70% .13 183)",
            "600": "oklch(51% .095 186)",
            "700": "oklch(44% .08 188)",
            "800": "oklch(39% .065 189)",
            "900": "oklch(33% .055 190)",
            "950": "oklch(25% .045 192)",
        },
    },
    "SIDEBAR": {"navigation": "ticketloop.sidebar.navigation"},
    "DASHBOARD_CALLBACK": "ticketloop.home_page.home",
    "SITE_URL": None,
    "SHOW_VIEW_ON_SITE": False,
    "GLOBAL_CALLBACK": "ticketloop.home_page.context",
}

# --- Broker and worker -------------------------------------------------------------------------------------

BROKER_URL = read(
    "BROKER_URL",
    broker,
    "",
    "a URL such as amqp://user:password@host:5672/vhost or redis://:password@host:6379/0",
)
# Rate limits need Redis, whatever the broker is; without any, RabbitMQ alone is enough.
needs_redis = not BROKER_URL or THROTTLE_ADDRESS or THROTTLE_KEY
REDIS_URL = (configuration.require if needs_redis else read)(
    "REDIS_URL", redis, "redis://unset", "a URL such as redis://:password@host:6379/0"
)
CELERY_BROKER_URL = BROKER_URL or REDIS_URL
CELERY_BROKER_TRANSPORT_OPTIONS = transport_options(CELERY_BROKER_URL, connect=2, answer=10)
CELERY_TASK_PUBLISH_RETRY = False
# The broker only wakes the workers; the deliveries are in the database.
CELERY_TASK_DEFAULT_DELIVERY_MODE = "transient"
CELERY_TASK_IGNORE_RESULT = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
# Threads: a task mostly waits for a receiver. See EXTRA_LANES in `webhooks.dispatcher` for the number.
CELERY_WORKER_POOL = "threads"
CELERY_WORKER_CONCURRENCY = 128
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# A connection to RabbitMQ must not be used by several threads at once (py-amqp), and Celery would acknowledge tasks and
# change the prefetch count from those of its pool. A task is only a nudge: it need not be acknowledged.
CELERY_TASK_QUEUES = [Queue("celery", no_ack=CELERY_BROKER_URL.startswith("amqp"))]
CELERY_WORKER_ENABLE_PREFETCH_COUNT_REDUCTION = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_TIMEZONE = "UTC"


def beat_entry(task: str, seconds: float, expires: int) -> dict[str, object]:
    """A task that beat sends at this interval, which expires before it can pile up: the next one does the same work."""
    # beat keeps one connection, and with RabbitMQ only a second try replaces one that the broker has closed.
    options = {"expires": expires, "retry": True, "retry_policy": {"max_retries": 1}}
    return {"task": task, "schedule": seconds, "options": options}


CELERY_BEAT_SCHEDULE = {
    "dispatch": beat_entry("webhooks.dispatch", seconds=1.0, expires=5),
    "notify staff": beat_entry("webhooks.notify_staff", seconds=60.0, expires=50),
    "prune": beat_entry("webhooks.prune", seconds=3600.0, expires=3000),
    "prune keys": beat_entry("tickets.prune_idempotency_keys", seconds=3600.0, expires=3000),
    "finish erasures": beat_entry("tickets.finish_erasures", seconds=5.0, expires=5),
    "clear expired": beat_entry("access.clear_expired", seconds=3600.0, expires=3000),
}

# --- Webhooks ----------------------------------------------------------------------------------------------

WEBHOOK_SECRET = read("WEBHOOK_SECRET", signing_secret, "", "`whsec_` and 24 to 64 bytes in base64")
WEBHOOK_ALLOWED_NETWORKS = read(
    "WEBHOOK_ALLOWED_NETWORKS", networks, list[Network](), "networks such as 10.1.0.0/16, separated by commas"
)


def receiver_url(text: str) -> str:
    """A URL that the desk would accept for a receiver."""
    check_receiver_url(text, WEBHOOK_ALLOWED_NETWORKS)
    return text


WEBHOOK_URL = read("WEBHOOK_URL", receiver_url, "", "an http or https URL such as https://example.com/hook")
CERTIFICATES = "a file of certificates in PEM format"
# In place of the public authorities, as OpenSSL and other tools have it; the other one is trusted as well.
SSL_CERT_FILE = read("SSL_CERT_FILE", certificates, "", CERTIFICATES)
WEBHOOK_CA_BUNDLE = read("WEBHOOK_CA_BUNDLE", certificates, "", CERTIFICATES)
ENCRYPTION_KEYS = read(
    "ENCRYPTION_KEYS",
    encryption_keys,
    list[str](),
    "keys of 32 bytes in URL-safe base64, separated by commas; `openssl rand -base64 32 | tr +/ -_` makes one",
)
WEBHOOK_RETENTION_DAYS = read("WEBHOOK_RETENTION_DAYS", between(1, 3650), 30.0, "days, from 1 to 3650")
WEBHOOK_TIMEOUT = read("WEBHOOK_TIMEOUT", between(1, 60), 10.0, "seconds, from 1 to 60")

# --- Email -------------------------------------------------------------------------------------------------

EMAIL_EXPECTED = (
    "a URL such as smtp+tls://user:password@mail.example.com:587 (STARTTLS) or "
    "smtp+ssl://user:password@mail.example.com:465 (TLS from the start)"
)
vars().update(read("EMAIL_URL", email, email("consolemail://"), EMAIL_EXPECTED))
DEFAULT_FROM_EMAIL = read("EMAIL_FROM", sender, "ticketloop@localhost", "an e-mail address")
EMAIL_TIMEOUT = 10  # seconds

# --- Log ---------------------------------------------------------------------------------------------------

LOG_LEVEL = read(
    "LOG_LEVEL",
    one_of("DEBUG", "INFO", "WARNING", "ERROR"),
    "INFO",
    "DEBUG, INFO, WARNING or ERROR",
)
LOG_FORMAT = read("LOG_FORMAT", one_of("json", "text"), "text" if DEBUG else "json", "json or text")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "allowed fields": {"()": "ticketloop.logs.AllowedFields"},
        "database errors": {"()": "ticketloop.logs.DatabaseErrors"},
        "outages": {"()": "ticketloop.logs.Outages"},
        "tracebacks": {"()": "django.utils.log.CallbackFilter", "callback": lambda record: bool(record.exc_info)},
    },
    "formatters": {
        "json": {
            "()": "ticketloop.logs.JsonFormatter",
            "fmt": ["asctime", "levelname", "name", "message"],
            "rename_fields": {
                "asctime": "timestamp",
                "levelname": "level",
                "name": "logger",
                "message": "event",
                "exc_info": "exception",
            },
        },
        "text": {
            "()": "ticketloop.logs.TextFormatter",
            "fmt": "%(asctime)s %(levelname)s %(name)s: %(message)s%(fields)s",
        },
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": LOG_FORMAT,
            "filters": ["allowed fields", "database errors", "outages"],
        }
    },
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        "django": {"handlers": [], "propagate": True},
        # The request log has the rest.
        "django.request": {"filters": ["tracebacks"]},
        "gunicorn.error": {"handlers": [], "propagate": True},
        # They log each tick, every second.
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},
        "celery.beat": {"level": "WARNING"},
        # It warns of malformed answers, and quotes them; each attempt is logged by `webhooks.delivery`.
        "urllib3": {"level": "ERROR"},
    },
}

# --- Metrics -----------------------------------------------------------------------------------------------

METRICS_TOKEN = read("METRICS_TOKEN", token, "", "at least 16 visible ASCII characters")

# Read by gunicorn itself; checked here because this comes first, in `manage.py prepare`.
read("WEB_CONCURRENCY", whole_number(1, 1000), 2, "a number of processes, from 1 to 1000")

configuration.exit_on_errors()

"""All settings, driven by the environment; everything works with nothing set.

A value that cannot be used is refused at the start by the name of its variable (docs/settings in README.md).
"""

import os
import re
import secrets
from collections.abc import Callable, Collection
from ipaddress import IPv6Address
from pathlib import Path
from zoneinfo import available_timezones

import dj_database_url
from cryptography.fernet import Fernet
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from webapp.common.broker import socket_url

BASE_DIR = Path(__file__).resolve().parent.parent


def _text(name: str, default: str = "") -> str:
    return os.environ.get(name, "").strip() or default


def _number(name: str, default: int, *, least: int = 0) -> int:
    raw = _text(name, str(default))
    if not raw.isdecimal() or int(raw) < least:
        raise ImproperlyConfigured(f"{name} must be a whole number of at least {least}, not {raw!r}.")
    return int(raw)


def _flag(name: str, default: bool = False) -> bool:
    raw = _text(name, "1" if default else "0").lower()
    if raw not in {"0", "1", "true", "false", "yes", "no"}:
        raise ImproperlyConfigured(f"{name} must be 1 or 0, not {raw!r}.")
    return raw in {"1", "true", "yes"}


def _list(name: str, default: str) -> list[str]:
    return [part.strip() for part in _text(name, default).split(",") if part.strip()]


def _pairs(name: str) -> list[str]:
    """Pairs host:port, each in its one spelling; "none" is an empty list that was given."""
    return [_pair(name, pair.lower()) for pair in _list(name, "") if pair.lower() != "none"]


def _pair(name: str, pair: str) -> str:
    found = re.fullmatch(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+):([0-9]{1,5})", pair)
    try:
        if found is None or not 0 < int(found[2]) < 65536:
            raise ValueError(pair)
        host = f"[{IPv6Address(found[1][1:-1])}]" if found[1].startswith("[") else found[1]
    except ValueError:
        hint = "none, or pairs like 10.0.0.5:8000,gpu-box:8000,[fd00::5]:8000"
        raise ImproperlyConfigured(f"{name} must be {hint}, not {pair!r}.") from None
    return f"{host}:{int(found[2])}"


def _choice(name: str, default: str, allowed: Collection[str], hint: str) -> str:
    value = _text(name, default)
    if value not in allowed:
        raise ImproperlyConfigured(f"{name} must be {hint}, not {value!r}.")
    return value


def _redis_url() -> str:
    url = _text("REDIS_URL")
    if url and not url.startswith(("redis://", "rediss://", "redis+socket://")):
        raise ImproperlyConfigured("REDIS_URL must look like redis://host:6379/0.")
    return url


def _last_address(path: Path) -> str:
    """Where `make run` has listened last, as it noted in this file."""
    return path.read_text().strip() if path.exists() else "http://127.0.0.1:8000"


def _generated_secret(path: Path, make: Callable[[], str] = lambda: secrets.token_urlsafe(50)) -> str:
    """A secret made once for this installation and kept beside its data, readable by its owner only."""
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        descriptor = os.open(temporary, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(make())
        try:
            os.link(temporary, path)  # fails when another process was first: then its secret is the one
        except FileExistsError:
            pass
        temporary.unlink()
        return path.read_text().strip()


def _endpoint_key() -> str:
    """What encrypts the keys of model endpoints (Fernet); a file beside the data where the environment gives none."""
    path = WINNOW_DATA / "endpoint_key"
    key = _text("ENDPOINT_KEY") or _generated_secret(path, lambda: Fernet.generate_key().decode())
    try:
        Fernet(key)
    except ValueError as error:
        form = "32 random bytes in URL-safe base64 (44 characters). Without it, Winnow makes one"
        raise ImproperlyConfigured(f"ENDPOINT_KEY (or the file {path}) must be {form}.") from error
    return key


def _database() -> dict[str, object]:
    url = _text("DATABASE_URL")
    if not url:
        return _sqlite(WINNOW_DATA / "winnow.sqlite3")
    try:
        config: dict[str, object] = dict(dj_database_url.parse(url, conn_max_age=60, conn_health_checks=True))
    except (ValueError, dj_database_url.ParseError) as error:
        raise ImproperlyConfigured(
            "DATABASE_URL must look like postgres://user:password@host:5432/name or sqlite:////path/to/file."
        ) from error
    engine = str(config["ENGINE"])
    if engine.endswith("sqlite3"):
        return _sqlite(Path(str(config["NAME"])))
    if not engine.endswith("postgresql"):
        raise ImproperlyConfigured("DATABASE_URL must name PostgreSQL (postgres://) or SQLite (sqlite://).")
    # A connection per thread, kept between requests. No pool: one that is made before a worker's fork hangs after it.
    given = config.get("OPTIONS")
    # A worker that is frozen in the middle of a transaction holds locks that the next one waits for.
    frozen = f"-c idle_in_transaction_session_timeout={LEASE_SECONDS}s"
    config["OPTIONS"] = {"options": frozen, **(given if isinstance(given, dict) else {}), "connect_timeout": 5}
    return config


def _sqlite(path: Path) -> dict[str, object]:
    path.parent.mkdir(parents=True, exist_ok=True)
    pragmas = [
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "cache_size=-65536",
        "mmap_size=268435456",
        "temp_store=MEMORY",
        "wal_autocheckpoint=8000",
    ]
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": path,
        # Tests use a file too: threads cannot share a database in memory.
        "TEST": {"NAME": path.with_name(f"test-{path.name}")},
        # IMMEDIATE: a transaction that reads first and writes later cannot be refused in the middle.
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": _number("SQLITE_TIMEOUT_SECONDS", 20, least=1),
            "init_command": "".join(f"PRAGMA {pragma};" for pragma in pragmas),
        },
    }


WINNOW_DATA = Path(_text("WINNOW_DATA", str(BASE_DIR / "var"))).resolve()
SECRET_KEY = _text("SECRET_KEY") or _generated_secret(WINNOW_DATA / "secret_key")
ENDPOINT_KEY = _endpoint_key()
DEBUG = _flag("DEBUG")
ALLOWED_HOSTS = _list("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
# Behind a proxy that ends TLS: the public address, for example https://winnow.example.org
CSRF_FAILURE_VIEW = "webapp.common.views.csrf_refused"
CSRF_TRUSTED_ORIGINS = _list("TRUSTED_ORIGINS", "")
HTTPS = _flag("HTTPS")
# Where people reach Winnow, for the links that commands print.
PUBLIC_ADDRESS = _text("PUBLIC_ADDRESS") or _last_address(WINNOW_DATA / "address")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_htmx",
    "template_partials",
    "csp",
    "axes",
    "webapp.common",
    "webapp.accounts",
    "webapp.conversations",
    "webapp.evals",
    "webapp.mixtures",
    "webapp.review",
    "webapp.dashboards",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "webapp.common.middleware.UnreadBodyMiddleware",
    "webapp.common.middleware.BadAddressMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "webapp.common.middleware.ErrorMiddleware",
    "webapp.accounts.middleware.AccessMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "webapp.urls"
WSGI_APPLICATION = "webapp.wsgi.application"
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
                "webapp.common.context.frame",
                "webapp.review.context.frame",
            ],
            "builtins": ["django.contrib.humanize.templatetags.humanize", "webapp.common.templatetags.winnow"],
        },
    }
]

# For how long a worker holds a job without a sign of life.
LEASE_SECONDS = _number("JOB_LEASE_SECONDS", 30, least=2)
DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "accounts:login"
LOGIN_REDIRECT_URL = "/"
AXES_FAILURE_LIMIT = _number("LOGIN_ATTEMPTS", 5, least=1)
AXES_COOLOFF_TIME = _number("LOGIN_COOLOFF_HOURS", 1, least=1)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
# The time to wait counts from the attempt that locked, so that the page can say how long it is.
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_LOCKOUT_CALLABLE = "webapp.accounts.lockout.locked_out"
AXES_VERBOSE = False

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 14 * 24 * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

LANGUAGE_CODE = "en-gb"
USE_I18N = False
USE_TZ = True
TIME_ZONE = _choice("TIME_ZONE", "UTC", available_timezones(), "a name such as Europe/Berlin")
USE_THOUSAND_SEPARATOR = False

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "webapp" / "static"]
WHITENOISE_USE_FINDERS = True  # straight from the packages, so there is nothing to collect at an update
WHITENOISE_MAX_AGE = 0 if DEBUG else 60

# Limits on what a browser may send. An upload is streamed to disk by its own handler up to UPLOAD_LIMIT_BYTES.
UPLOAD_LIMIT_BYTES = _number("UPLOAD_LIMIT_MB", 2048, least=1) * 1024 * 1024
UPLOAD_FILES_LIMIT = 100
LINE_LIMIT_BYTES = _number("LINE_LIMIT_MB", 16, least=1) * 1024 * 1024
UNPACKED_LIMIT_BYTES = _number("UNPACKED_LIMIT_MB", 20_480, least=1) * 1024 * 1024
FILE_UPLOAD_HANDLERS = ["webapp.common.no_files.NoFiles"]
DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000
DATA_UPLOAD_MAX_NUMBER_FILES = UPLOAD_FILES_LIMIT

REDIS_URL = _redis_url()
CELERY_BROKER_URL = REDIS_URL or socket_url(WINNOW_DATA)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_CONNECTION_TIMEOUT = 1
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": _number("VISIBILITY_SECONDS", 120, least=1),
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "socket_connect_timeout": 1,
    "socket_timeout": _number("BROKER_TIMEOUT_SECONDS", 5, least=1),
    "max_retries": 1,
    # Without a pause before the second try: somebody waits for the page.
    "interval_start": 0,
}
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_PUBLISH_RETRY = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CONCURRENCY = _number("WORKER_PROCESSES", 2, least=1)
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"

# A job works in slices: one message holds a worker for about SLICE_SECONDS, then the job queues itself again.
SLICE_SECONDS = _number("JOB_SLICE_SECONDS", 5, least=1)
SWEEP_SECONDS = _number("JOB_SWEEP_SECONDS", 5, least=1)
REPUBLISH_SECONDS = _number("JOB_REPUBLISH_SECONDS", 60, least=2)
JOB_ATTEMPTS = 3
# How many workers may ask for one evaluation at the same time.
EVAL_WORKERS = _number("EVAL_WORKERS", CELERY_WORKER_CONCURRENCY, least=1)
HEARTBEAT_SECONDS = _number("HEARTBEAT_SECONDS", 10, least=1)
WORKER_SILENT_SECONDS = 2 * HEARTBEAT_SECONDS + 5
# Expiring bounds what piles up while no worker runs. It goes by the worker's clock, which may be an hour off.
CELERY_BEAT_SCHEDULE = {
    "sweep": {"task": "webapp.common.jobs.sweep", "schedule": SWEEP_SECONDS, "options": {"expires": 2 * 3600}}
}
CELERY_BEAT_SYNC_EVERY = 1  # the age of this file says whether the beat is alive
CELERY_BEAT_SCHEDULE_FILENAME = str(WINNOW_DATA / "beat-schedule")

TRASH_DAYS = _number("TRASH_DAYS", 7)

# For how long a screen of a reviewer holds an item without a sign of life.
REVIEW_LEASE_SECONDS = _number("REVIEW_LEASE_SECONDS", 120, least=2)

# Private addresses (host:port) that model endpoints may have. With none given, loopback is allowed where Winnow runs
# for one person: on SQLite. In a network, calls from this machine reach what nobody outside should.
ENDPOINT_ADDRESSES = _pairs("ENDPOINT_ADDRESSES")
ENDPOINT_LOOPBACK = not _text("ENDPOINT_ADDRESSES") and str(DATABASES["default"]["ENGINE"]).endswith("sqlite3")

# Levels of messages, by the names of their colours.
MESSAGE_TAGS = {10: "info", 20: "info", 25: "good", 30: "warn", 40: "bad"}
# In a cookie first: showing a message must not need a write to the database.
MESSAGE_STORAGE = "django.contrib.messages.storage.fallback.FallbackStorage"
SILENCED_SYSTEM_CHECKS = ["axes.W003"]
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": _choice("LOG_LEVEL", "INFO", LOG_LEVELS, ", ".join(LOG_LEVELS))},
    "loggers": {
        "axes": {"level": "WARNING"},
        # Of Celery only what goes wrong, not each of the many messages that go well.
        "celery.app.trace": {"level": "WARNING"},
        "celery.worker.strategy": {"level": "WARNING"},
        "django.request": {"level": "ERROR"},
    },
}

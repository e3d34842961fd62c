"""The web server's settings; gunicorn reads this file by its name."""

import os

wsgi_app = "webapp.wsgi:application"
bind = f"{os.environ.get('HOST') or '127.0.0.1'}:{os.environ.get('PORT') or '8000'}"
worker_class = "gthread"
workers = int(os.environ.get("WEB_PROCESSES") or "2")
threads = int(os.environ.get("WEB_THREADS") or "8")

# A thread that streams an upload or a download may take its time; this is the silence of a whole process.
timeout = 60
graceful_timeout = 20
keepalive = 15

control_socket_disable = True

# A job may wait for the database file or the broker; somebody at a page rather hears that it is busy.
os.environ.setdefault("SQLITE_TIMEOUT_SECONDS", "5")
os.environ.setdefault("BROKER_TIMEOUT_SECONDS", "1")

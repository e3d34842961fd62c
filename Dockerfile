# One image for web, worker and beat; docker-compose.yml says which is which.

FROM python:3.11-slim-bookworm AS libraries
COPY requirements.lock /
RUN python -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r /requirements.lock

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --create-home --home-dir /var/lib/winnow --shell /usr/sbin/nologin winnow
COPY --from=libraries /opt/venv /opt/venv
WORKDIR /srv/winnow
COPY manage.py gunicorn.conf.py ./
COPY scripts/healthcheck.py scripts/
COPY tasks_core tasks_core
COPY webapp webapp
COPY templates templates
RUN /opt/venv/bin/python -m compileall -q manage.py scripts tasks_core webapp

ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 WINNOW_DATA=/var/lib/winnow HOST=0.0.0.0 PORT=8000 \
    PUBLIC_ADDRESS=http://localhost:8000
USER winnow
VOLUME /var/lib/winnow
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=10s --start-period=60s CMD ["python", "scripts/healthcheck.py", "web"]
CMD ["sh", "-c", "python manage.py prepare && exec gunicorn"]

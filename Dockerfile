# The portal's image: web, worker, beat and one-off commands run from the same one.
#   docker build -t bigquery-connection-portal .
# The target `demo` adds the stand-in for Google's APIs: docker build --target demo .

FROM python:3.13-slim AS packages
WORKDIR /build
COPY requirements.txt ./
# The file names every package with its hashes, so there is nothing to resolve.
RUN python -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-cache-dir --no-deps --require-hashes -r requirements.txt

FROM packages AS demo-packages
COPY requirements-demo.txt ./
RUN /opt/venv/bin/pip install --no-cache-dir --no-deps --require-hashes -r requirements-demo.txt

FROM python:3.13-slim AS base
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PORTAL_DATA_DIR=/app/var
RUN groupadd --system --gid 10001 portal \
    && useradd --system --uid 10001 --gid portal --home-dir /app --no-create-home portal
WORKDIR /app

FROM base AS demo
COPY --from=demo-packages /opt/venv /opt/venv
COPY emulator ./emulator
# Named volumes take over the owner of the folder that they are mounted on.
RUN install -d -o portal -g portal -m 0700 /app/var /app/var/emulator
USER portal
EXPOSE 8085
CMD ["python", "-m", "emulator", "--host", "0.0.0.0", "--port", "8085", "--estate", "demo", "--state", "var/emulator/state.json", "--data-dir", "var/emulator/postgres"]

FROM base AS portal
COPY --from=packages /opt/venv /opt/venv
COPY manage.py ./
COPY portal ./portal
COPY access ./access
COPY connections ./connections
COPY templates ./templates
COPY static ./static
# The static files are the image's; keys and signed checkpoints are volumes and must not be in it.
RUN install -d -o portal -g portal -m 0700 /app/var \
    && SECRET_KEY=only-for-this-build python manage.py collectstatic --no-input \
    && rm -rf var/keys var/broker var/portal.sqlite3 \
    && install -d -o portal -g portal -m 0700 /app/var/keys /app/var/checkpoints \
    && chown -R portal:portal /app/var
USER portal
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["gunicorn", "portal.wsgi", "--bind", "0.0.0.0:8000", "--workers", "2", "--threads", "8", "--worker-class", "portal.slow_clients.Worker", "--worker-tmp-dir", "/dev/shm", "--no-control-socket"]

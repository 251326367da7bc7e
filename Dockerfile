# One image for api, worker, beat and migrate.

FROM python:3.11-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/venv
# Requirements first: this layer is rebuilt only when they change.
COPY requirements/base.txt /tmp/
RUN /opt/venv/bin/pip install --require-hashes -r /tmp/base.txt
WORKDIR /app
COPY . .
# Settings want servers and a key before they load; this step uses none of them.
RUN mkdir staticfiles \
    && DATABASE_URL=postgres://none@127.0.0.1/none REDIS_URL=redis://127.0.0.1 DEBUG=on \
       /opt/venv/bin/python manage.py collectstatic --noinput --verbosity 0

FROM python:3.11-slim
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin ticketloop
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
WORKDIR /app
USER ticketloop
EXPOSE 8000
STOPSIGNAL SIGTERM
CMD ["gunicorn", "--bind", "0.0.0.0:8000"]

# The service runs from a checkout: the environment comes from the hashed lock, the project is installed as editable.
FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_ROOT_USER_ACTION=ignore \
    PIP_DISABLE_PIP_VERSION_CHECK=1

WORKDIR /opt/liveqr

COPY requirements/run.lock requirements/run.lock
RUN pip install --quiet --require-hashes -r requirements/run.lock

COPY . .
RUN pip install --quiet --no-deps --no-build-isolation -e . \
 && useradd --system --no-create-home liveqr \
 && install -d -o liveqr -g liveqr -m 0700 var

USER liveqr
VOLUME /opt/liveqr/var
EXPOSE 8080
STOPSIGNAL SIGTERM
CMD ["liveqr", "serve"]

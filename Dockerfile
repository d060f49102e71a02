# One image for all processes, ours and Airflow's. The compose file chooses the command.
FROM python:3.12-slim

RUN useradd --create-home --uid 1000 packetboat && mkdir -p /var/lib/packetboat && chown packetboat /var/lib/packetboat
WORKDIR /opt/packetboat
COPY requirements/core.txt requirements/celery.txt requirements/
RUN pip install --no-cache-dir --require-hashes -r requirements/core.txt -r requirements/celery.txt
COPY pyproject.toml README.md LICENSE ./
COPY dags dags
COPY plugins plugins
COPY pipelines pipelines
COPY sql sql
COPY webapp webapp
RUN pip install --no-cache-dir --no-deps --no-build-isolation -e .
USER packetboat

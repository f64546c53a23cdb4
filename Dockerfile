# Pin the base by digest for production (`docker buildx imagetools inspect python:3.11-slim` prints it): FROM python:3.11-slim@sha256:…
FROM python:3.11-slim AS build
# The default wheel of torch may bring CUDA libraries of several gigabytes that are never used. Where your index has a CPU build, name
# it: --build-arg TORCH=torch==2.13.0+cpu, and the index as --build-arg PIP_EXTRA_INDEX_URL=…
ARG TORCH=torch==2.13.0
ARG PIP_INDEX_URL
ARG PIP_EXTRA_INDEX_URL
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
# torch first, in a layer of its own: pinned, and kept when only the program changes.
RUN python -m venv /opt/youju && /opt/youju/bin/pip install "$TORCH"
WORKDIR /src
COPY . .
RUN /opt/youju/bin/pip install '.[postgres]' && /opt/youju/bin/python -m compileall -q /opt/youju

FROM python:3.11-slim
# A number, so that a cluster can check that it is not root.
RUN groupadd --gid 10001 youju \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin youju \
    && install -d -o 10001 -g 10001 -m 0750 /data && install -d /documents
COPY --from=build /opt/youju /opt/youju
# Whatever libraries keep beside their work goes to /tmp, the only place besides /data that can be written.
ENV PATH=/opt/youju/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    HOME=/tmp GRADIO_TEMP_DIR=/tmp/gradio MPLCONFIGDIR=/tmp/matplotlib \
    HF_HUB_OFFLINE=1 GRADIO_ANALYTICS_ENABLED=False ANONYMIZED_TELEMETRY=False \
    YOUJU_HOME=/data YOUJU_DOCUMENTS=/documents YOUJU_HOST=0.0.0.0 YOUJU_PORT=7860
WORKDIR /tmp
USER 10001:10001
VOLUME ["/data"]
EXPOSE 7860
# The first process of a container gets no default handler for SIGTERM; Python has one for SIGINT.
STOPSIGNAL SIGINT
HEALTHCHECK --interval=30s --timeout=10s --start-period=180s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(f\"http://127.0.0.1:{os.environ['YOUJU_PORT']}/healthz\", timeout=8)"]
ENTRYPOINT ["youju"]
CMD ["serve"]

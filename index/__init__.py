"""Files → a searchable library."""

import os

# Before anything imports numpy: over matrices as small as a question's, BLAS threads only wait for each other, busily.
for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
# Before anything imports Gradio, Chroma, the hub's client or onnxruntime: they report home unless told not to, whatever the shell says.
os.environ |= {
    "ANONYMIZED_TELEMETRY": "False",
    "GRADIO_ANALYTICS_ENABLED": "False",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "ORT_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
}

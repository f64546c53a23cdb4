"""Files → a searchable library."""

import os

# Before anything imports numpy: over matrices as small as a question's, BLAS threads only wait for each other, busily.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

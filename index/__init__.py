"""Files → a searchable library."""

import os

# Before anything imports numpy: over matrices as small as a question's, BLAS threads only wait for each other, busily.
for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

"""Questions → answers."""

import index as index  # first of all, since it decides how numpy runs

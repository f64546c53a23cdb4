"""How much the long tests try: a part on each run of the suite, all of it with THOROUGH=1 in the environment (`make thorough`)."""

import os

THOROUGH = bool(os.environ.get("THOROUGH"))

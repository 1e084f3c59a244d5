"""Pictures by the binding's own class and nothing of ours: the raw limit of making one.

The arguments are the paths of the model's parts, as JSON, and how many threads compute. Each line of the standard
input is the recipe of a picture; each line out is how many seconds the engine took for it, and the SHA-256 of its RGB
bytes.
"""

import hashlib
import json
import os
import sys
from time import perf_counter

os.environ.setdefault("GOMP_SPINCOUNT", "1000")  # as the worker has it, before the engine is loaded

from stable_diffusion_cpp import StableDiffusion

_KEYWORDS = {"diffusion": "diffusion_model_path", "clip_l": "clip_l_path", "taesd": "taesd_path"}

files = {_KEYWORDS[part]: path for part, path in json.loads(sys.argv[1]).items()}
model = StableDiffusion(**files, n_threads=int(sys.argv[2]), verbose=False)
for line in sys.stdin:
    began = perf_counter()
    (image,) = model.generate_image(**json.loads(line))
    took = perf_counter() - began
    print(took, hashlib.sha256(image.convert("RGB").tobytes()).hexdigest(), flush=True)

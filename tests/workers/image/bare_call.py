"""A picture by the binding's own class and nothing of ours; prints the SHA-256 of its RGB bytes."""

import hashlib
import json
import sys

from stable_diffusion_cpp import StableDiffusion

_KEYWORDS = {"diffusion": "diffusion_model_path", "clip_l": "clip_l_path", "taesd": "taesd_path"}

paths, recipe = (json.loads(argument) for argument in sys.argv[1:])
model = StableDiffusion(**{_KEYWORDS[part]: path for part, path in paths.items()}, verbose=False)
(image,) = model.generate_image(**recipe)
print(hashlib.sha256(image.convert("RGB").tobytes()).hexdigest())

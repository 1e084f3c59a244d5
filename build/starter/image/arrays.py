"""Arrays by what is in them."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Pixels = npt.NDArray[np.uint8]
"""Red, green and blue, of 255: (…, height, width, 3)."""

Whole = npt.NDArray[np.int32]

"""The starter's image model: a toy FLUX.1 for 12 subjects in 9 colours on 16 backgrounds (see README.md)."""

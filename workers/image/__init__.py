"""Pictures by stable-diffusion.cpp, in a process that may be lost."""

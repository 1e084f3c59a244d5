"""What the compiler is told: its flags, its plugin and what it doesn't know of the packages."""

"""All that a worker may know of the desk."""

"""Read models: one file a screen, rebuilt from the log at will."""

"""Worker processes: starting, watching, restarting and talking to them."""

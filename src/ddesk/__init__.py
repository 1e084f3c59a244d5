"""DiffusionDesk: a creative AI desk that remembers everything it did."""

"""Rules: what may happen next, as plain functions of what has happened. No clock, no chance, no input or output."""

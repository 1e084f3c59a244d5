"""A log lived through again, to see what it holds and what it does. Only read models follow it: nothing reacts."""

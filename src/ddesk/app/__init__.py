"""What the desk does: commands, reactions, and the work that is sent out."""

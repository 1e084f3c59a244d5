"""The processes that may be lost: engines, pictures and strangers' files are handled here."""

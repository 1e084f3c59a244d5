"""The starter models, made from nothing: scripts draw what they learn from."""

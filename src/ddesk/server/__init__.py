"""HTTP and the WebSocket, for people and other programs."""

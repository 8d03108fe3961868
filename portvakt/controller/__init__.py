"""What acts at the door: reads credentials, asks core, moves the strike; runs with or without the server."""

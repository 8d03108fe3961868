"""What decides: pure functions and values shared by the controller and the server; no input, no output, no clock."""

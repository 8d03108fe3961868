"""What is done with people's data, what are they told of it, and who gets it? The engine that reaches every model."""

"""What happened, and who did what? Append only; opaque ids only."""

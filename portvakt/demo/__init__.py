"""The platform with invented data and simulated locks, started with one command; the one place that joins server and controller."""

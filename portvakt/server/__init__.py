"""What administers: people, places, rules, logs and the purposes for which they may be touched."""

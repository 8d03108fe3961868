"""What is Portvakt? A self-hosted platform for physical access control whose privacy notice is executable."""

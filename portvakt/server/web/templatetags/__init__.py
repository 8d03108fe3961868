"""What can the Board's templates say beyond Django's own?"""

"""What is done on a timer?"""

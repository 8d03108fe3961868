"""Whose persons and doors are these?"""

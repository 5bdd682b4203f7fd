"""What runs in the application's process: middleware, recorder, outbox and sender.

Standard library and msgspec alone. Two laws: nothing here changes, delays or swallows what passes between server and
application, and no fault of ours reaches either.
"""

"""What the examples leave to their reader."""

import hashlib


def do_something(*values):
    return list(values)


def hash_of(*secrets):
    """What a test may see of secrets."""
    stored = (value if isinstance(value, bytes) else value.encode() for value in secrets)
    return [hashlib.sha256(value).hexdigest() for value in stored]


class AuthenticationError(Exception):
    pass


attempts = 0


def db_connect():
    """The first attempt of every two is made with yesterday's password."""
    global attempts
    attempts += 1
    if attempts % 2 == 1:
        raise AuthenticationError
    return "connected"

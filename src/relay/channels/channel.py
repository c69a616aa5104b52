"""What the channel commands of pg_incident_relay share.

A command reads one message as JSON on standard input. Exit status 0 says that it was sent, and the
first line of standard output is the reference; else standard error says why, and the status is one
of sysexits.h: EX_DATAERR, EX_NOUSER and EX_NOHOST are for good, all others are tried again.
"""
import json
import os
import sys


class Failure(Exception):
    """Why a message was not sent, with the status to end with."""

    def __init__(self, status, reason):
        super().__init__(reason)
        self.status = status


def read_message():
    try:
        message = json.loads(sys.stdin.buffer.read().decode())
    except (ValueError, RecursionError) as error:
        raise Failure(os.EX_DATAERR, f"the message is no JSON: {error}") from error
    if not isinstance(message, dict):
        raise Failure(os.EX_DATAERR, "the message is no JSON object")
    return message


def text_of(message, name):
    """A text of the message; one that is missing or null is empty."""
    value = message.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Failure(os.EX_DATAERR, f"{name} is no text")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise Failure(os.EX_DATAERR, f"{name} is no Unicode text") from error
    return value


def line_of(message, name):
    """The same as one line: whatever would end a line, or steer a terminal, becomes a blank."""
    text = text_of(message, name)
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def body_of(message, link):
    """The body, and where a link is given and the message can be acknowledged, the link with its token."""
    body = text_of(message, "body")
    token = text_of(message, "token")
    return f"{body}\n\n{link}{token}" if link and token else body


def read_secret(file):
    """The first line of a file, for what must not be on a command line."""
    try:
        with open(file, encoding="utf-8") as stream:
            secret = stream.readline().strip()
    except (OSError, ValueError) as error:
        raise Failure(os.EX_CONFIG, f"{file} cannot be read: {error}") from error
    if not secret:
        raise Failure(os.EX_CONFIG, f"the first line of {file} is empty")
    return secret


def run(send):
    """Runs `send`, which returns the reference, and ends the process."""
    try:
        reference = send()
    except Failure as failure:
        print(failure, file=sys.stderr)
        sys.exit(failure.status)
    print(reference)
    sys.exit(os.EX_OK)

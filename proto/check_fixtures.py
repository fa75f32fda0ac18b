"""Checks the fixtures of the session protocol against decode.py: what must be read, what must be refused, and how."""

import json
import pathlib

from decode import FrameError, Stream, plain


def check(folder):
    """Gives how many fixtures of each sort there are, and a line for each difference."""
    counts, differences = {}, []
    for sort, check_one in (("valid", valid), ("invalid", invalid)):
        files = sorted(pathlib.Path(folder, sort).glob("*.json"))
        counts[sort] = len(files)
        for file in files:
            fixture = json.loads(file.read_text("utf-8"))
            differences += [f"{sort}/{file.name}: {what}" for what in check_one(fixture)]
    return counts, differences


def valid(fixture):
    try:
        read = read_all(fixture)
    except FrameError as error:
        return [f"is refused as {error.name} in {error.field}"]
    wanted = [fixture["message"]]
    # As text, so that neither a number for a bool nor another order of the fields passes.
    return [] if json.dumps(read) == json.dumps(wanted) else [f"is {json.dumps(read)}"]


def invalid(fixture):
    wanted, field = fixture["error"], fixture.get("field")
    try:
        return [f"is read as {json.dumps(read_all(fixture))}"]
    except FrameError as error:
        if error.name != wanted or field not in (None, error.field):
            return [f"is {error.name} in {error.field}, not {wanted} in {field}"]
        return []


def read_all(fixture):
    data = bytes.fromhex("".join(fixture["hex"]))
    whole, pieces = Stream(), Stream()
    read = outcome(lambda: [plain(message) for _, _, message in whole.feed(data)])
    bytewise = outcome(lambda: [
        plain(message) for at in range(len(data)) for _, _, message in pieces.feed(data[at:at + 1])])
    if repr(read) != repr(bytewise):
        raise AssertionError(f"{fixture['why']}: read in pieces it is {bytewise!r}")
    if isinstance(read, FrameError):
        raise read
    return read + [f"{len(whole.buffer)} bytes of a frame that is not whole"] * bool(whole.buffer)


def outcome(read):
    try:
        return read()
    except FrameError as error:
        return error

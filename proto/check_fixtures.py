"""Checks the fixtures of the session protocol against decode.py: what must be read, what must be refused, and how."""

import json
import pathlib

from decode import COORDINATOR, MATCHMAKER, VERSION, Stream, plain, proof_holds, resume_signature
from messages import FrameError


def check(folder):
    """Gives how many fixtures of each sort there are, and a line for each difference."""
    counts, differences = {}, []
    for sort, check_one in (("valid", valid), ("invalid", invalid), ("conversations", conversation)):
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


def conversation(fixture):
    """Each message is what it is said to be, proofs and signatures hold, and proofs that do not are rejected."""
    said = [step for step in fixture["steps"] if "hex" in step]
    for step in said:
        for what in valid(step):
            yield f"{step['from']}'s {step['message']['kind']} at {step['atMs']} {what}"
    yield from handshakes(fixture, said)
    key = bytes.fromhex(fixture["resumeKey"])
    for message in (step["message"] for step in said):
        for seat in message["players"] if message["kind"] in ("assign", "holding") else ():
            for kind, name in ((3, "placeSignature"), (2, "releaseSignature")):
                signed = resume_signature(
                    key, kind, bytes.fromhex(message["session"]), int(seat["sinceUnixMs"]),
                    int(message["resumeExpiresUnixMs"]), message["scene"], seat["subject"])
                if signed.hex() != seat[name]:
                    yield f"the {name} of {seat['subject']} does not hold"


def handshakes(fixture, said):
    secrets = {side: bytes.fromhex(secret) for side, secret in fixture["secrets"].items()}
    hello = challenge = None
    for at, step in enumerate(said):
        message, side = step["message"], step["from"]
        frame = bytes.fromhex("".join(step["hex"]))
        if message["kind"] == "hello":
            hello, challenge, versions = frame, None, (message["versionMin"], message["versionMax"])
            continue
        if message["kind"] == "challenge":
            challenge, role, other = frame, MATCHMAKER, "coordinator"
            is_common = versions[0] <= message["version"] <= versions[1]
        elif message["kind"] == "proof" and challenge:
            role, other, is_common = COORDINATOR, "matchmaker", True
        else:
            continue
        proof = bytes.fromhex(message["proof"])
        if side in fixture["checks"] and not proof_holds(secrets[side], role, hello, challenge, proof):
            yield f"{side}'s proof at {step['atMs']} does not hold"
        if other not in fixture["checks"]:
            continue
        answer = next(each["message"] for each in said[at + 1:] if each["from"] == other)
        holds = proof_holds(secrets[other], role, hello, challenge, proof)
        wanted = "no_common_version" if not is_common else None if holds else "bad_proof"
        # What else can be wrong, as with a second claimant of a node, is not judged here.
        heard = answer.get("code") if answer.get("code") in ("bad_proof", "no_common_version") else None
        if heard != wanted:
            yield f"{side}'s proof at {step['atMs']} calls for {wanted}, and hears {answer['kind']}: {heard}"


def read_all(fixture):
    data = bytes.fromhex("".join(fixture["hex"]))
    # Some are about links that speak another version than what was published with them.
    version = fixture.get("version", VERSION)
    whole, pieces = Stream(version), Stream(version)
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

"""Writes the inputs that the fuzz targets start from: python3 seeds.py BUILD-FOLDER TARGET …

They come from the golden bytes, and from the files in seeds/TARGET. Of those, `.hex` files are hexadecimal digits, with
comments behind `#`; all others are the bytes themselves.
"""

import json
import pathlib
import shutil
import sys

here = pathlib.Path(__file__).resolve().parent
fixtures = here.parent.parent / "proto" / "fixtures"

# Inputs of these begin with four bytes of choices: the lengths of the pieces, or what to damage.
CHOICES = {"frames", "journal", "http", "websocket"}
WHOLE, CUT = bytes(4), bytes([1, 7, 3, 40])


def byte_strings(value):
    """All values of "hex" in a fixture, at any depth."""
    if isinstance(value, dict):
        if "hex" in value:
            yield bytes.fromhex("".join(value["hex"]))
        for inner in value.values():
            yield from byte_strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from byte_strings(inner)


def golden():
    """The byte strings of each fixture, by its name."""
    files = sorted(fixtures.rglob("*.json"))
    cases = {str(file.relative_to(fixtures)): list(byte_strings(json.loads(file.read_text()))) for file in files}
    if sum(map(len, cases.values())) < 100:
        sys.exit(f"the golden bytes are not in {fixtures}")
    return cases


def frames(stream):
    """The frames that a stream begins with."""
    start = 0
    while start + 12 <= len(stream):
        end = start + 4 + int.from_bytes(stream[start : start + 4])
        if end - start < 12 or end > len(stream):
            return
        yield stream[start:end]
        start = end


def from_golden(target, name, strings):
    if target == "frames":
        yield from strings
        if len(strings) > 1:
            yield b"".join(strings)
    elif target == "messages":
        for string in strings:
            for frame in frames(string):
                # The flag of extensions is the highest bit of the kind.
                yield bytes([frame[5] | (frame[6] & 1) << 7]) + frame[12:]
    elif target == "journal" and "/valid/" in name:
        for string in strings:
            # Damage has to be told in front of the last record: so there is one behind it.
            yield string + bytes.fromhex("00000008012200003b094866")


def by_hand(target):
    for file in sorted((here / "seeds" / target).iterdir()):
        if file.suffix == ".hex":
            lines = file.read_text().splitlines()
            yield bytes.fromhex("".join(line.split("#")[0] for line in lines))
        else:
            yield file.read_bytes()


def main(build, targets):
    cases = golden()
    for target in targets:
        folder = build / target / "seeds"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        seeds = [seed for name, strings in cases.items() for seed in from_golden(target, name, strings)]
        if (here / "seeds" / target).is_dir():
            seeds += by_hand(target)
        if target in CHOICES:
            seeds = [choices + seed for seed in seeds for choices in (WHOLE, CUT)]
        if not seeds:
            sys.exit(f"{target} has no seeds")
        for number, seed in enumerate(seeds):
            (folder / f"{number:04}").write_bytes(seed)


main(pathlib.Path(sys.argv[1]), sys.argv[2:])

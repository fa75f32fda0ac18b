"""The example programs beside greenroom.py, as a person runs them."""

import os
import pathlib
import subprocess
import sys

from processes import ROOT

CLIENT = ROOT / "Sources/WebAssets/client"


class Example:
    """A running example; used by `with`, it has ended afterwards."""

    def __init__(self, file, *arguments):
        self.process = subprocess.Popen(
            [sys.executable, file, *arguments], env={**os.environ, "PYTHONPATH": str(CLIENT), "PYTHONDONTWRITEBYTECODE": "1"},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()

    def said(self, timeout_s=30):
        """What it has printed when it has ended by itself, without complaints."""
        out, errors = self.process.communicate(timeout=timeout_s)
        assert self.process.returncode == 0 and not errors, errors
        return out.strip()


def example(name, *arguments):
    return Example(CLIENT / "examples" / f"{name}.py", *arguments)


def readme(language, words, **replacements):
    """The README's code block in this language that has these words in it."""
    blocks = (ROOT / "README.md").read_text().split("```")[1::2]
    [block] = [each for each in blocks if each.startswith(language + "\n") and words in each]
    text = block.split("\n", 1)[1]
    for old, new in replacements.items():
        assert old in text
        text = text.replace(old, new)
    return text


def script(folder, text):
    file = pathlib.Path(folder) / "script.py"
    file.write_text(text)
    return Example(file)

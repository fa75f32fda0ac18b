"""A journal from outside: every record that was ever in it, whatever is compacted, cut off or replaced meanwhile."""

import os
import threading

import protocol_reading  # noqa: F401, makes proto/ known
import decode


class JournalWatch:
    """Keeps each file open that had the journal's name, so that what was appended can be read after it was replaced."""

    def __init__(self, path):
        self.path = path
        self.files = []
        self.seen = set()
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self._watch, daemon=True)
        self.thread.start()

    def _watch(self):
        while not self.stopped.wait(0.05):
            self._look()

    def _look(self):
        try:
            found = os.stat(self.path)
            if found.st_ino in self.seen:
                return
            file = open(self.path, "rb")
        except FileNotFoundError:
            return
        inode = os.fstat(file.fileno()).st_ino
        if inode in self.seen:
            return file.close()
        # As long as it is open, its number is not given to another file.
        self.seen.add(inode)
        self.files.append(file)

    def stop(self):
        self.stopped.set()
        self.thread.join()

    def records(self):
        """All records in the order of writing; what a newer file repeats of an older one counts once.

        Damage raises `FrameError`. A torn tail is what a crash may leave.
        """
        self._look()
        before, records = set(), []
        for file in list(self.files):
            file.seek(0)
            data = file.read()
            own = set()
            for offset, message in decode.read_journal(data):
                if message is None:
                    break
                frame = data[offset:offset + decode.frame_bytes(data[offset:offset + decode.HEADER_BYTES])]
                own.add(frame)
                if frame not in before:
                    records.append(message)
            before |= own
        return records

    def close(self):
        self.stop()
        for file in self.files:
            file.close()


def sessions(records):
    """A matchmaker's records by session: `matched` and `ended`, each in the order of writing."""
    found = {}
    for record in records:
        session = found.setdefault(record["session"].hex(), {"matched": [], "ended": []})
        if record["kind"] == "journalMatched":
            session["matched"].append(record | {"late": bool(session["ended"])})
        else:
            session["ended"].append(record)
    return found


def final(session):
    """The outcome that holds: the owner's, once it has replaced a presumed one."""
    return session["ended"][-1] if session["ended"] else None

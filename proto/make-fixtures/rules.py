"""Rules of play: what a scene asks of validation and play, behind an assignment."""

import valid
from wire import RULES, rule

# Each rule of play at the least and at the greatest that it may say, and with every one of its codes in one of them.
LEAST = {
    "attempts": {"attemptsMax": 1, "attemptTimeoutMs": 500},
    "start": {"countdownMs": 0},
    "relay": {"messagesPerSecond": 1, "bytesPerSecond": 1_024, "backlogBytesMax": 65_536, "slowReader": "disconnect"},
    "ticks": {"intervalMs": 5, "inputBytesMax": 1, "ticksKept": 0, "missingInput": "empty", "lateInput": "next"},
    "absence": {"pauses": False, "loss": "end", "playersMin": 1},
    "barriers": {"missing": "end", "countdownMs": 0},
    "episodes": {"count": 1, "timeoutMs": 100, "resetTimeoutMs": 100, "endsWhen": "allSay"},
    "watch": {"roundTripMaxMs": 0, "roundTripForMs": 0, "silentForMs": 0, "hiddenForMs": 0, "warningMs": 0},
}
GREATEST = {
    "attempts": {"attemptsMax": 10, "attemptTimeoutMs": 600_000},
    "start": {"countdownMs": 60_000},
    "relay": {
        "messagesPerSecond": 100_000, "bytesPerSecond": 1_000_000_000, "backlogBytesMax": 16_777_216,
        "slowReader": "dropLatest"},
    "ticks": {
        "intervalMs": 10_000, "inputBytesMax": 4_096, "ticksKept": 10_000, "missingInput": "repeat", "lateInput": "drop"},
    "absence": {"pauses": True, "loss": "bot", "playersMin": 255},
    "barriers": {"missing": "lose", "countdownMs": 60_000},
    "episodes": {"count": 10_000, "timeoutMs": 604_800_000, "resetTimeoutMs": 604_800_000, "endsWhen": "anySays"},
    "watch": {
        "roundTripMaxMs": 60_000, "roundTripForMs": 86_400_000, "silentForMs": 86_400_000, "hiddenForMs": 86_400_000,
        "warningMs": 86_400_000},
}


def valid_cases(assign, conditions, journal):
    yield "assign-rules-least", "every rule of play, with the least that it may say", assign | LEAST
    yield "assign-rules-greatest", "and with the greatest", assign | GREATEST
    yield "assign-rules-middle", "codes between the first and the last", assign | {
        "absence": {"pauses": True, "loss": "empty", "playersMin": 2}, "barriers": {"missing": "open", "countdownMs": 3_000}}
    yield "assign-rules-beside", "beside a condition, and an unknown tag between and behind them", assign | conditions | {
        "start": {"countdownMs": 3_000}, "watch": GREATEST["watch"],
        "extensions": [{"tag": 127, "bytes": "01"}, {"tag": 168, "bytes": ""}]}
    yield "holding-rules", "what a coordinator holds, said as it was assigned", {
        "kind": "holding", "state": "playing"} | valid.assignment() | GREATEST
    yield "journalMatched-rules", "they outlive a restart", journal | LEAST


def invalid_entries():
    """Each rule cut short, with a byte too many, and with each of its fields beyond what it may say."""
    for name, (tag, fields) in RULES.items():
        whole = rule(name, LEAST[name])
        yield f"{name}-empty", "a rule has all of its fields", tag, b"", "truncated", name
        yield f"{name}-cut", "also the last byte of the last", tag, whole[:-1], "truncated", name
        yield f"{name}-long", "and nothing behind it", tag, whole + b"\0", "trailingBytes", None
        for field, form in fields.items():
            for word, value in beyond(name, field, form):
                yield (f"{name}-{field}-{word}", f"{word} what `{field}` may say",
                       tag, rule(name, LEAST[name] | {field: value}), "badValue", name)


def beyond(name, field, form):
    """Values of a field that it may not have, where it has bytes for any."""
    if isinstance(form, list):
        yield "under", 0
        yield "over", len(form) + 1
        return
    least, greatest = LEAST[name][field], GREATEST[name][field]
    if isinstance(least, bool):
        yield "over", 2
        return
    if least > 0:
        yield "under", least - 1
    if greatest < 256 ** form - 1:
        yield "over", greatest + 1

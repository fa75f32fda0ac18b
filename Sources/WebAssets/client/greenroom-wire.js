// How a game's binary messages are laid out: a byte of kind, a byte of player, and what follows.

/** The address of all other players at once. */
export const everyone = 255;

export const Kind = { ordered: 0, latest: 1, tick: 2 };

export function frame(kind, to, bytes) {
  const frame = new Uint8Array(bytes.length + 2);
  frame.set([kind, to]);
  frame.set(bytes, 2);
  return frame;
}

/** What a player did in a tick, behind the tick's number; 0 for the next one. */
export function input(tick, bytes) {
  const numbered = new Uint8Array(bytes.length + 4);
  new DataView(numbered.buffer).setUint32(0, tick);
  numbered.set(bytes, 4);
  return numbered;
}

/** A tick's number, and by player what each did, null for nothing; `repeated` where its last input stands for one that is missing. */
export function readBundle(bytes) {
  if (bytes.length < 4) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const inputs = [], repeated = [];
  for (let at = 4; at + 2 <= bytes.length;) {
    const head = view.getUint16(at), isMissing = head === 0xffff;
    const end = at + 2 + (isMissing ? 0 : head & 0x7fff);
    inputs.push(isMissing ? null : bytes.subarray(at + 2, end));
    repeated.push(!isMissing && head >= 0x8000);
    at = end;
  }
  return { tick: view.getUint32(0), inputs, repeated };
}

/** An instant that the server speaks of, as a time of `performance.now()`. */
export function instant({ startsInMs = 0, startedAgoMs = 0, startAtMs }) {
  return startAtMs ?? performance.now() + startsInMs - startedAgoMs;
}

export function withResolvers() {
  let resolve, reject;
  const promise = new Promise((yes, no) => { resolve = yes; reject = no; });
  return { promise, resolve, reject };
}

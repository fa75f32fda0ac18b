// The barriers that this player has reached and that have not opened.

export class Barriers {
  #say;
  #waiting = new Map();

  /** @param {(message: object) => void} say sends to the coordinator, if it is there */
  constructor(say) { this.#say = say; }

  /** Resolves with the server's `go`; said again before it opens, it is the same promise. */
  ready(barrier) {
    let waiting = this.#waiting.get(barrier);
    if (!waiting) {
      waiting = withResolvers();
      waiting.promise.catch(() => {});      // nobody has to listen to how a barrier of an ended session failed
      this.#waiting.set(barrier, waiting);
      this.#say({ type: 'ready', barrier });
    }
    return waiting.promise;
  }

  opened(go) {
    this.#waiting.get(go.barrier)?.resolve(go);
    this.#waiting.delete(go.barrier);
  }

  /** A `ready` may have been lost with the old socket. But a barrier that opened meanwhile must not be entered anew: its `go` follows `play`. */
  repeat() { for (const barrier of this.#waiting.keys()) this.#say({ type: 'ready', barrier }); }

  fail() {
    for (const { reject } of this.#waiting.values()) reject(new Error('the session has ended'));
    this.#waiting.clear();
  }
}

function withResolvers() {
  let resolve, reject;
  const promise = new Promise((yes, no) => { resolve = yes; reject = no; });
  return { promise, resolve, reject };
}

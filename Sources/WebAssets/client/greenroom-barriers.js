// The barriers that this player waits at.
import { withResolvers } from './greenroom-wire.js';

export class Barriers {
  #waiting = new Map();
  #say;

  /** @param {(message: object) => void} say to the server */
  constructor(say) { this.#say = say; }

  /** Resolves when every player has said that it is ready for this barrier. */
  reach(barrier) {
    let waiting = this.#waiting.get(barrier);
    if (!waiting) {
      waiting = Promise.withResolvers ? Promise.withResolvers() : withResolvers();
      waiting.promise.catch(() => {});      // nobody has to listen to how a barrier of an ended session failed
      this.#waiting.set(barrier, waiting);
      this.#say({ type: 'ready', barrier });
    }
    return waiting.promise;
  }

  open(barrier) {
    this.#waiting.get(barrier)?.resolve();
    this.#waiting.delete(barrier);
  }

  /** A `ready` may have been lost with the old socket. But a barrier that opened meanwhile must not be entered anew: its `go` follows `play`. */
  repeat() { for (const barrier of this.#waiting.keys()) this.#say({ type: 'ready', barrier }); }

  close() {
    for (const { reject } of this.#waiting.values()) reject(new Error('the session has ended'));
    this.#waiting.clear();
  }
}

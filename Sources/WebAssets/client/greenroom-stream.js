// The ordered messages to and from one peer, numbered across all connections that there ever are to it: what was under way when
// one broke goes again over the next, or over the relay, and none arrives twice.

export const streamLimits = {
  keptMessagesMax: 4096,                          // sent, and not known to have arrived
  keptBytesMax: 4 << 20,
  acknowledgeEvery: 32,                           // messages
  acknowledgeMs: 100,
};

export class Stream {
  #page = crypto.getRandomValues(new Uint32Array(1))[0];
  #theirPage = null;
  #received = 0;
  #base = 0;            // the number of the oldest one kept
  #kept = [];
  #keptBytes = 0;

  /** Whether the message was taken. It is kept until it is known to have arrived. */
  take(bytes) {
    if (this.#kept.length >= streamLimits.keptMessagesMax || this.#keptBytes + bytes.length > streamLimits.keptBytesMax) return false;
    this.#kept.push(bytes);
    this.#keptBytes += bytes.length;
    return true;
  }

  /** What is not known to have arrived, oldest first. */
  get kept() { return this.#kept; }
  get received() { return this.#received; }

  /** How far both directions have come: what each end says when a connection begins, and when one is given up. */
  get position() { return { page: this.#page, of: this.#theirPage, received: this.#received, base: this.#base }; }

  countReceived() { this.#received += 1; }

  /** The peer has received so many in all. */
  acknowledge(count) {
    const arrived = Math.min(Math.max(0, count - this.#base), this.#kept.length);
    for (const bytes of this.#kept.splice(0, arrived)) this.#keptBytes -= bytes.length;
    this.#base += arrived;
  }

  /** Takes the other end's position. A page that was loaded anew has seen nothing, and numbers its messages from its own beginning. */
  meet({ page, of, received, base }) {
    if (page !== this.#theirPage) {
      this.#theirPage = page;
      this.#received = base;
    }
    if (of === this.#page) this.acknowledge(received);
  }

  /** All that is kept, which is another's to deliver from now on. */
  release() {
    this.#base += this.#kept.length;
    this.#keptBytes = 0;
    return this.#kept.splice(0);
  }
}

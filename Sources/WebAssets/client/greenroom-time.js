// When play began and for how long it has been going on: the same for all, on a page that was loaded anew too.
import { instant } from './greenroom-wire.js';

export class PlayTime {
  /** As a time of `performance.now()`; null before `play`. */
  startAt = null;
  #pausedMs = 0;        // for how long it has stood still since, up to `goesOnAt`
  #goesOnAt = 0;
  #stoodAt = null;

  /** Milliseconds of play so far, without those of pauses; below 0 during the countdown, null before `play`. */
  get playedMs() {
    if (this.startAt == null) return null;
    return Math.max(this.#stoodAt ?? performance.now(), this.#goesOnAt) - this.startAt - this.#pausedMs;
  }

  /** `play` or `start`: the second knows better, when this page's clock is known by then. */
  begin(message) {
    this.startAt = instant(message);
    this.#pausedMs = message.pausedMs ?? 0;
  }

  /** `play`, again maybe: who is away is said behind it. */
  restart(message) {
    this.#stoodAt = null;
    this.#goesOnAt = 0;
    this.begin(message);
  }

  pause() { this.#stoodAt ??= performance.now(); }

  resume(message) {
    this.#stoodAt = null;
    this.#goesOnAt = instant(message);
    this.#pausedMs = message.pausedMs ?? 0;
  }

  forget() { this.startAt = null; }
}

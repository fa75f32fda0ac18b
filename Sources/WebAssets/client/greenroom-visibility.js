// Whether the page is hidden (another tab is in front, the phone is locked), for the coordinator to know; programs without a
// document are never hidden.

export class Visibility {
  #listener;

  /** @param {(hidden: boolean) => void} tell called at each change */
  constructor(tell) { this.#listener = () => tell(this.hidden); }

  get hidden() { return globalThis.document?.visibilityState === 'hidden'; }

  start() { globalThis.document?.addEventListener('visibilitychange', this.#listener); }
  stop() { globalThis.document?.removeEventListener('visibilitychange', this.#listener); }
}

// What survives a reload of the page: the `resume` that keeps a place in the queue, and the way into a live session.

export class Place {
  /** A resume, and while a session lives its scene, url, session, ticket, role, treatment and ICE servers. */
  held;
  #key;

  /** One place for each subject at each matchmaker. */
  constructor(matchmaker, subject) {
    this.#key = `greenroom ${matchmaker} ${subject}`;
    try { this.held = JSON.parse(sessionStorage.getItem(this.#key)) ?? {}; } catch { this.held = {}; }
  }

  /** Keeps these values beside those that there are; what is null changes nothing. */
  save(changes) {
    for (const [name, value] of Object.entries(changes)) if (value != null) this.held[name] = value;
    this.#write();
  }

  /** Keeps nothing but the resume, which is all that a later join needs. */
  forget(resume = this.held.resume) {
    this.held = { resume };
    this.#write();
  }

  #write() {
    // Without storage (a privacy setting) everything works but the reload.
    try { sessionStorage.setItem(this.#key, JSON.stringify(this.held)); } catch {}
  }
}

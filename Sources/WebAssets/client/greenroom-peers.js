// The direct connections of one player: a WebRTC link to each other player. When one is to be made, made anew or given up for the
// relay, the server says; greenroom-direct.js carries its words here, and nothing here knows a server.
import { Link } from './greenroom-link.js';

export { peerLimits } from './greenroom-link.js';

/**
 * @param {object} environment
 * @param {number} environment.self this player
 * @param {RTCIceServer[]} environment.iceServers
 * @param {RTCIceTransportPolicy} [environment.iceTransportPolicy] `relay` for TURN alone
 * @param {(to: number, data: object, attempt: number) => void} environment.signal
 * @param {(from: number, bytes: Uint8Array, latest: boolean) => void} environment.onMessage
 * @param {(peer: number, rttMs: number, attempt: number) => void} environment.onValidated
 * @param {(peer: number, detail: string, attempt: number) => void} environment.onFailed an attempt, before it was validated
 * @param {(peer: number, attempt: number) => void} environment.onLost a link that was validated
 * @param {(peer: number) => void} environment.onRenewed a link that was validated is made anew, since the other end has lost it
 * @param {(peer: number) => void} environment.onDrained nothing is under way any more on a link that is drained
 */
export class Peers {
  #environment;
  #links = new Map();

  constructor(environment) { this.#environment = environment; }

  /** Connects to every one of `peers`, offering to those in `offerTo`; each is reported once as validated or failed. */
  validate(peers, offerTo, deadlineMs, { attempt = 1, validated = [] } = {}) {
    for (const peer of peers) {
      if (!validated.includes(peer)) this.#link(peer).begin(attempt, offerTo.includes(peer), deadlineMs);
      else if (!this.has(peer)) this.#environment.onLost?.(peer, null);
    }
  }

  /** A fresh connection to one peer. */
  retry(peer, attempt, offers, deadlineMs) { this.#link(peer).begin(attempt, offers, deadlineMs); }

  /** Whether there is a link, or one is being made. */
  has(peer) { return this.#links.get(peer)?.isAlive ?? false; }

  set iceServers(servers) { this.#environment.iceServers = servers; }

  receive(from, data, attempt) { this.#link(from).receive(data, attempt); }

  /** An ordered message waits for its link: on a page that was loaded anew play may go on before there is one. */
  send(to, bytes, latest) { return this.#link(to).send(bytes, latest); }

  /**
   * Nothing more goes over links. On those that work, what is under way still arrives.
   * @returns {Map<number, Uint8Array[]>} for each link that does not work, what never arrived and has to go another way
   */
  drain() {
    const left = new Map();
    for (const [peer, link] of this.#links) {
      if (!link.drain()) left.set(peer, link.release());
    }
    return left;
  }

  isDraining(peer) { return this.#links.get(peer)?.isDraining ?? false; }

  close() {
    for (const link of this.#links.values()) link.close();
    this.#links.clear();
  }

  #link(peer) {
    let link = this.#links.get(peer);
    if (!link) this.#links.set(peer, link = new Link(peer, this.#environment));
    return link;
  }
}

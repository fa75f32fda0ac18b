// What direct connections mean to a session: carries the server's words about pairs to the links, what becomes of them back to
// the server, and the game over to the relay when the server says so.
import { Peers } from './greenroom-peers.js';

const queuedMessagesMax = 1024;                   // kept for one player while its link is drained

/**
 * @param {object} environment
 * @param {number} environment.self
 * @param {number} environment.players
 * @param {RTCIceServer[]} environment.iceServers
 * @param {RTCIceTransportPolicy} [environment.iceTransportPolicy]
 * @param {(message: object) => void} environment.say to the server
 * @param {(to: number, bytes: Uint8Array) => boolean} environment.relay an ordered message
 * @param {Set<number>} environment.lost players whom play goes on without: nothing is sent to them, nor kept for them
 * @param {(message: {from: number, bytes: Uint8Array, latest: boolean}) => void} environment.onMessage
 * @param {(event: string, detail: object) => void} environment.tell the game
 */
export class Direct {
  /** The slowest peer's median round trip, once validated. */
  rttMs = null;
  #environment;
  #peers;
  #others;
  #queues = new Map();

  constructor(environment) {
    this.#environment = environment;
    const { self, players, iceServers, iceTransportPolicy, say, onMessage, tell } = environment;
    this.#others = [...Array(players).keys()].filter((each) => each !== self);
    this.#peers = new Peers({
      self, iceServers, iceTransportPolicy,
      signal: (to, data, attempt) => say({ type: 'signal', to, data, attempt }),
      onMessage: (from, bytes, latest) => onMessage({ from, bytes, latest }),
      onValidated: (peer, rttMs, attempt) => {
        this.rttMs = Math.max(this.rttMs ?? 0, rttMs);
        say({ type: 'validated', peer, rttMs, attempt });
        tell('PeerValidated', { peer, rttMs });
      },
      onFailed: (peer, detail, attempt) => {
        say({ type: 'validationFailed', peer, detail: detail.slice(0, 200), attempt });
        tell('PeerFailed', { peer, detail });
      },
      onLost: (peer, attempt) => {
        say({ type: 'peerLost', peer, ...(attempt == null ? {} : { attempt }) });
        tell('PeerLost', { peer });
      },
      onRenewed: (peer) => tell('PeerLost', { peer }),
      onDrained: (peer) => this.#flush(peer),
    });
  }

  validate({ peers, offerTo, iceServers, attempt = 1, validated = [], attemptMs, deadlineMs }) {
    this.#peers.iceServers = iceServers;
    this.#peers.validate(peers, offerTo, attemptMs ?? deadlineMs, { attempt, validated });
  }

  retry({ peer, attempt, offer, iceServers, deadlineMs }) {
    this.#peers.iceServers = iceServers;
    this.#peers.retry(peer, attempt, offer, deadlineMs);
  }

  receive({ from, data, attempt }) { this.#peers.receive(from, data, attempt); }

  /** Play is on: a page that was reloaded has lost its links, and the others cannot know. */
  restore() {
    for (const peer of this.#present) {
      if (!this.#peers.has(peer)) this.#environment.say({ type: 'peerLost', peer });
    }
  }

  /** From now on all goes by the relay. What did not arrive goes that way first. */
  switchToRelay() {
    const present = this.#present;
    this.#queues = new Map(present.map((peer) => [peer, []]));
    for (const [peer, left] of this.#peers.drain()) {
      if (present.includes(peer)) for (const bytes of left) this.#environment.relay(peer, bytes);
      this.#queues.delete(peer);
    }
    for (const peer of present) if (!this.#peers.isDraining(peer)) this.#flush(peer);
  }

  /** @returns {boolean} whether the message was taken; what is for everyone is, also where everyone has gone */
  send(to, bytes, latest, everyone) {
    const all = this.#present.filter((peer) => to === everyone || to === peer);
    return (to === everyone || all.length > 0) && all.map((peer) => this.#peers.send(peer, bytes, latest)).every(Boolean);
  }

  /** An ordered message by the relay; for those whose link still delivers what was sent before, it waits for that. */
  relay(to, bytes, everyone) {
    if (this.#queues.size === 0) return this.#environment.relay(to, bytes);
    return (to === everyone ? this.#present : [to]).map((peer) => {
      const queue = this.#queues.get(peer);
      if (!queue) return this.#environment.relay(peer, bytes);
      return queue.length < queuedMessagesMax && queue.push(bytes.slice()) > 0;
    }).every(Boolean);
  }

  get #present() { return this.#others.filter((peer) => !this.#environment.lost.has(peer)); }

  close() {
    this.#queues.clear();
    this.#peers.close();
  }

  #flush(peer) {
    const queue = this.#queues.get(peer) ?? [];
    this.#queues.delete(peer);
    for (const bytes of queue) this.#environment.relay(peer, bytes);
  }
}

// The direct connections of one player: a WebRTC link to each other player, offered, measured, used and closed.
// greenroom.js owns the one `Peers` of a session and carries its signals; nothing here knows a server.

const ORDERED = 0, LATEST = 1;                    // kinds of payload, as in the relay's header
const DATA = 0, PING = 1, PONG = 2;               // first byte on the ordered channel

export const peerLimits = {
  probes: 5,                                      // round trips that a connection must manage, one after the other; their median is reported
  bufferedBytesMax: 1 << 20,                      // unsent bytes on a channel before `send` refuses
  queuedMessagesMax: 256,                         // ordered messages kept while a link is being made anew
  queuedCandidatesMax: 64,
  repairsMax: 6,
  repairDelayMs: 500,
};

/**
 * @param {object} environment
 * @param {number} environment.self this player
 * @param {RTCIceServer[]} environment.iceServers
 * @param {(to: number, data: object) => void} environment.signal
 * @param {(from: number, bytes: Uint8Array, latest: boolean) => void} environment.onMessage
 * @param {(peer: number, rttMs: number) => void} environment.onValidated
 * @param {(peer: number, detail: string) => void} environment.onFailed
 */
export class Peers {
  #environment;
  #links = new Map();
  #deadline = null;

  constructor(environment) { this.#environment = environment; }

  /** Connects to every one of `peers`, offering to those in `offerTo`; each is reported once as validated or failed. */
  validate(peers, offerTo, deadlineMs) {
    for (const peer of peers) {
      const link = this.#links.get(peer);
      if (link?.rttMs != null && link.open) this.#environment.onValidated(peer, link.rttMs);
      else if (offerTo.includes(peer)) this.#link(peer, true).offer();
      else this.#link(peer, false);
    }
    // Say what went wrong a little before the server's own deadline: who is silent then is taken to be to blame.
    clearTimeout(this.#deadline);
    const ownDeadlineMs = deadlineMs - Math.min(2000, deadlineMs / 4);
    this.#deadline = setTimeout(() => {
      for (const link of this.#links.values()) if (link.rttMs == null) link.fail(`timeout while ${link.state}`);
    }, ownDeadlineMs);
  }

  /** Makes links to those of `peers` that there is none to: what a reloaded page does when play is already on. */
  restore(peers) {
    clearTimeout(this.#deadline);
    for (const peer of peers) if (!this.#links.has(peer)) this.#link(peer, true).offer();
  }

  receive(from, data) {
    const link = this.#link(from, false);
    if (data?.description) link.describe(data.description, data.link);
    else if (data && 'candidate' in data) link.addCandidate(data.candidate, data.link);
  }

  /** The peer's page may be another one now, which knows nothing of an earlier offer. */
  returned(peer) { this.#links.get(peer)?.repairNow(); }

  send(to, bytes, latest) { return this.#links.get(to)?.send(bytes, latest) ?? false; }

  close() {
    clearTimeout(this.#deadline);
    for (const link of this.#links.values()) link.close();
    this.#links.clear();
  }

  #link(peer, offering) {
    let link = this.#links.get(peer);
    if (!link) this.#links.set(peer, link = new Link(peer, this.#environment));
    if (offering) link.offering = true;
    return link;
  }
}

class Link {
  offering = false;
  rttMs = null;
  #peer;
  #environment;
  #connection = null;
  #ordered = null;
  #latest = null;
  #id = null;                 // names one RTCPeerConnection on both sides, so that signals of an older one are ignored
  #candidates = [];
  #queue = [];
  #probe = null;
  #failed = false;
  #repairs = 0;
  #repairTimer = null;
  #sent = 0;
  #seen = 0;

  constructor(peer, environment) {
    this.#peer = peer;
    this.#environment = environment;
  }

  get open() { return this.#ordered?.readyState === 'open'; }
  get state() { return this.#connection?.iceConnectionState ?? 'waiting for an offer'; }

  async offer() {
    const connection = this.#renew(Math.random().toString(36).slice(2));
    await this.#attempt(connection, async () => {
      await connection.setLocalDescription();
      this.#signal({ description: connection.localDescription });
    });
  }

  async describe(description, id) {
    if (description.type === 'offer') {
      // Two offers can only cross after both pages were reloaded; then the lower player's stands.
      if (this.#connection?.signalingState === 'have-local-offer' && this.#environment.self < this.#peer) return;
      const early = this.#candidates.filter((each) => each.id == null || each.id === id);
      const connection = this.#renew(id);
      this.#candidates = early;
      await this.#attempt(connection, async () => {
        await connection.setRemoteDescription(description);
        await connection.setLocalDescription();
        this.#signal({ description: connection.localDescription });
        this.#addQueuedCandidates(connection);
      });
    } else if (this.#isCurrent(id) && this.#connection?.signalingState === 'have-local-offer') {
      const connection = this.#connection;
      await this.#attempt(connection, async () => {
        await connection.setRemoteDescription(description);
        this.#addQueuedCandidates(connection);
      });
    }
  }

  addCandidate(candidate, id) {
    if (this.#isCurrent(id) && this.#connection?.remoteDescription) {
      // One bad candidate is no failure: others may do, and the deadline judges the whole.
      this.#connection.addIceCandidate(candidate).catch(() => {});
    } else if (this.#candidates.length < peerLimits.queuedCandidatesMax) {
      this.#candidates.push({ candidate, id });
    }
  }

  /** Whether the message was taken: sent now, or kept until the link is open again. */
  send(bytes, latest) {
    if (latest) {
      if (this.#latest?.readyState !== 'open' || this.#latest.bufferedAmount > 0) return false;
      const framed = new Uint8Array(bytes.length + 4);
      new DataView(framed.buffer).setUint32(0, this.#sent = (this.#sent + 1) >>> 0);
      framed.set(bytes, 4);
      this.#latest.send(framed);
      return true;
    }
    const framed = new Uint8Array(bytes.length + 1);
    framed[0] = DATA;
    framed.set(bytes, 1);
    if (this.open) {
      if (this.#ordered.bufferedAmount + framed.length > peerLimits.bufferedBytesMax) return false;
      this.#ordered.send(framed);
    } else {
      if (this.#queue.length >= peerLimits.queuedMessagesMax) return false;
      this.#queue.push(framed);
    }
    return true;
  }

  /** Offers again when this side is the one that offers; the other side waits for that. */
  repair(delayMs) {
    if (!this.offering || this.open || this.#repairTimer != null || this.#repairs >= peerLimits.repairsMax) return;
    this.#repairs += 1;
    this.#repairTimer = setTimeout(() => {
      this.#repairTimer = null;
      if (!this.open) this.offer();
    }, delayMs);
  }

  /** The other side can be reached again: what was tried in vain meanwhile does not count. */
  repairNow() {
    clearTimeout(this.#repairTimer);
    this.#repairTimer = null;
    this.#repairs = 0;
    this.repair(0);
  }

  fail(detail) {
    if (this.rttMs != null || this.#failed) return;
    this.#failed = true;
    this.#environment.onFailed(this.#peer, detail);
  }

  close() {
    clearTimeout(this.#repairTimer);
    this.#repairTimer = null;
    this.#queue = [];
    this.#discard();
  }

  #renew(id) {
    this.#discard();
    this.#id = id;
    this.#seen = this.#sent = 0;
    let connection;
    try {
      connection = new RTCPeerConnection({ iceServers: this.#environment.iceServers });
    } catch (error) {
      this.fail(`no WebRTC: ${error.message}`);
      return null;
    }
    this.#connection = connection;
    connection.onicecandidate = ({ candidate }) => { if (candidate) this.#signal({ candidate }); };
    connection.onconnectionstatechange = () => {
      if (connection.connectionState === 'failed') this.#broken('no route to the other player');
    };
    this.#ordered = connection.createDataChannel('ordered', { negotiated: true, id: ORDERED });
    this.#latest = connection.createDataChannel('latest', { negotiated: true, id: LATEST, ordered: false, maxRetransmits: 0 });
    this.#ordered.binaryType = this.#latest.binaryType = 'arraybuffer';
    this.#ordered.onopen = () => this.#opened();
    this.#ordered.onclose = () => this.#broken('the connection closed');
    this.#ordered.onmessage = ({ data }) => this.#receiveOrdered(new Uint8Array(data));
    this.#latest.onmessage = ({ data }) => this.#receiveLatest(new Uint8Array(data));
    return connection;
  }

  #discard() {
    const connection = this.#connection;
    this.#connection = null;
    this.#candidates = [];
    this.#probe = null;
    if (!connection) return;
    connection.onicecandidate = connection.onconnectionstatechange = null;
    for (const channel of [this.#ordered, this.#latest]) {
      channel.onopen = channel.onclose = channel.onmessage = null;
      channel.close();
    }
    this.#ordered = this.#latest = null;
    connection.close();
  }

  async #attempt(connection, steps) {
    if (!connection) return;
    try {
      await steps();
    } catch (error) {
      // A connection that was replaced or closed meanwhile rejects its pending steps; that is no news.
      if (connection === this.#connection) this.#broken(`the offer could not be settled: ${error.message}`);
    }
  }

  #addQueuedCandidates(connection) {
    if (connection !== this.#connection) return;
    for (const { candidate, id } of this.#candidates.splice(0)) {
      if (this.#isCurrent(id)) connection.addIceCandidate(candidate).catch(() => {});
    }
  }

  // A client that names no link has only the one.
  #isCurrent(id) { return id == null || id === this.#id; }

  #signal(data) { this.#environment.signal(this.#peer, { ...data, link: this.#id ?? undefined }); }

  #opened() {
    this.#repairs = 0;
    for (const framed of this.#queue.splice(0)) this.#ordered.send(framed);
    if (this.rttMs != null) return;
    this.#probe = { count: 0, sentAt: 0, rttsMs: [] };
    this.#sendProbe();
  }

  #sendProbe() {
    this.#probe.sentAt = performance.now();
    this.#ordered.send(new Uint8Array([PING, this.#probe.count]));
  }

  #receiveOrdered(frame) {
    if (frame[0] === DATA) {
      this.#environment.onMessage(this.#peer, frame.subarray(1), false);
    } else if (frame[0] === PING) {
      if (this.open) this.#ordered.send(new Uint8Array([PONG, frame[1]]));
    } else if (frame[0] === PONG && this.#probe && frame[1] === this.#probe.count) {
      this.#probe.rttsMs.push(performance.now() - this.#probe.sentAt);
      this.#probe.count += 1;
      if (this.#probe.count < peerLimits.probes) return this.#sendProbe();
      const median = this.#probe.rttsMs.sort((a, b) => a - b)[peerLimits.probes >> 1];
      this.#probe = null;
      this.rttMs = Math.round(median * 10) / 10;
      if (!this.#failed) this.#environment.onValidated(this.#peer, this.rttMs);
    }
  }

  #receiveLatest(frame) {
    if (frame.length < 4) return;
    const number = new DataView(frame.buffer, frame.byteOffset).getUint32(0);
    // Newer by serial-number arithmetic; whatever was overtaken on the way is of no use any more.
    if (((number - this.#seen) | 0) <= 0) return;
    this.#seen = number;
    this.#environment.onMessage(this.#peer, frame.subarray(4), true);
  }

  #broken(detail) {
    this.#discard();
    if (this.rttMs == null && this.#repairs >= 1) this.fail(detail);
    else this.repair(peerLimits.repairDelayMs * 2 ** this.#repairs);
  }
}

// The link to one peer: one RTCPeerConnection for each attempt, proved by round trips, and the ordered messages across all of them.
import { Stream, streamLimits } from './greenroom-stream.js';

const ORDERED = 0, LATEST = 1;                    // the two channels
const DATA = 0, PING = 1, PONG = 2, ACK = 3;      // first byte on the ordered channel; its texts are positions and the end

export const peerLimits = {
  probes: 5,                                      // round trips that a connection must manage, one after the other; their median is reported
  bufferedBytesMax: 1 << 20,                      // unsent bytes on a channel before `send` refuses
  queuedCandidatesMax: 64,
  disconnectedMs: 4_000,                          // without a route for so long, a link is lost
  drainMs: 3_000,
};

export class Link {
  #peer;
  #environment;
  #stream = new Stream();
  #attempt = 0;
  #connection = null;
  #ordered = null;
  #latest = null;
  #id = null;                 // names one RTCPeerConnection on both sides, so that signals of an older one are ignored
  #candidates = [];
  #probe = null;
  #isValidated = false;
  #isMet = false;             // the other end has said how far it is
  #isFailed = false;
  #isUsed = false;
  #drained = null;            // of the way to the relay: whether this end's messages have arrived, and the other's
  #timer = null;
  #disconnectedTimer = null;
  #ackTimer = null;
  #acked = 0;
  #sent = 0;
  #seen = 0;

  constructor(peer, environment) {
    this.#peer = peer;
    this.#environment = environment;
  }

  get isAlive() { return this.#connection != null || (this.#attempt > 0 && !this.#isFailed); }
  get isDraining() { return this.#drained?.mine === false; }
  get #isOpen() { return this.#ordered?.readyState === 'open'; }
  get #state() { return this.#connection?.iceConnectionState ?? 'waiting for an offer'; }

  /** An attempt: both ends let go of what they had, and one of them offers. */
  begin(attempt, offers, deadlineMs) {
    const early = attempt === this.#attempt ? this.#candidates : [];
    // The other end has lost it, and the server's word was faster than the news by the network.
    if (this.#isValidated) this.#environment.onRenewed?.(this.#peer);
    this.#discard();
    this.#candidates = early;
    this.#attempt = attempt;
    this.#isValidated = this.#isFailed = false;
    // The other end needs to know what has arrived, whichever way the rest will go.
    if (this.#isUsed) this.#signal({ position: this.#stream.position });
    // Say what went wrong a little before the server's own deadline: who is silent then is taken to be to blame.
    this.#timer = setTimeout(() => this.#fail(`timeout while ${this.#state}`), deadlineMs - Math.min(1500, deadlineMs / 4));
    if (offers) this.#offer();
  }

  receive(data, attempt) {
    // Another attempt's signals are of no use; a client that names none has only the one.
    if (attempt != null && attempt !== this.#attempt) return;
    if (data?.position) this.#stream.meet(data.position);
    else if (data?.description) this.#describe(data.description, data.link);
    else if (data && 'candidate' in data) this.#addCandidate(data.candidate, data.link);
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
    const isReady = this.#isOpen && this.#isMet;
    if (isReady && this.#ordered.bufferedAmount + bytes.length > peerLimits.bufferedBytesMax) return false;
    if (!this.#stream.take(bytes.slice())) return false;
    if (isReady) this.#sendData(bytes);
    return true;
  }

  /**
   * Nothing more goes this way. What is under way arrives within a moment, and `onDrained` says when it has; the connection stays
   * until the other end is as far. False when the link does not work.
   */
  drain() {
    if (!this.#isOpen || !this.#isMet) return false;
    this.#drained = { mine: false, theirs: this.#drained?.theirs ?? false };
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#stopDraining(), peerLimits.drainMs);
    this.#ordered.send(JSON.stringify({ drain: true }));
    this.#checkDrained();
    return true;
  }

  release() { return this.#stream.release(); }

  close() {
    this.#drained = null;
    this.#isFailed = true;
    this.#discard();
  }

  // Making a connection.

  async #offer() {
    const connection = this.#renew(Math.random().toString(36).slice(2));
    await this.#step(connection, async () => {
      await connection.setLocalDescription();
      this.#signal({ description: connection.localDescription });
    });
  }

  async #describe(description, id) {
    if (description.type === 'offer') {
      // When both offer, as clients may that are told nothing of turns, the lower player's stands.
      if (this.#connection?.signalingState === 'have-local-offer' && this.#environment.self < this.#peer) return;
      const early = this.#candidates.filter((each) => each.id == null || each.id === id);
      const connection = this.#renew(id);
      this.#candidates = early;
      await this.#step(connection, async () => {
        await connection.setRemoteDescription(description);
        await connection.setLocalDescription();
        this.#signal({ description: connection.localDescription });
        this.#addQueuedCandidates(connection);
      });
    } else if (this.#isCurrent(id) && this.#connection?.signalingState === 'have-local-offer') {
      const connection = this.#connection;
      await this.#step(connection, async () => {
        await connection.setRemoteDescription(description);
        this.#addQueuedCandidates(connection);
      });
    }
  }

  #addCandidate(candidate, id) {
    if (this.#isCurrent(id) && this.#connection?.remoteDescription) {
      // One bad candidate is no failure: others may do, and the deadline judges the whole.
      this.#connection.addIceCandidate(candidate).catch(() => {});
    } else if (this.#candidates.length < peerLimits.queuedCandidatesMax) {
      this.#candidates.push({ candidate, id });
    }
  }

  #renew(id) {
    const timer = this.#timer;
    this.#timer = null;
    this.#discard();
    this.#timer = timer;
    this.#id = id;
    this.#seen = this.#sent = 0;
    let connection;
    try {
      const { iceServers, iceTransportPolicy } = this.#environment;
      connection = new RTCPeerConnection({ iceServers, iceTransportPolicy });
    } catch (error) {
      this.#fail(`no WebRTC: ${error.message}`);
      return null;
    }
    this.#connection = connection;
    connection.onicecandidate = ({ candidate }) => { if (candidate) this.#signal({ candidate }); };
    connection.onconnectionstatechange = () => this.#changed(connection.connectionState);
    this.#ordered = connection.createDataChannel('ordered', { negotiated: true, id: ORDERED });
    this.#latest = connection.createDataChannel('latest', { negotiated: true, id: LATEST, ordered: false, maxRetransmits: 0 });
    this.#ordered.binaryType = this.#latest.binaryType = 'arraybuffer';
    this.#ordered.onopen = () => this.#opened();
    this.#ordered.onclose = () => this.#broken('the connection closed');
    this.#ordered.onmessage = ({ data }) => typeof data === 'string' ? this.#receiveText(data) : this.#receiveOrdered(new Uint8Array(data));
    this.#latest.onmessage = ({ data }) => this.#receiveLatest(new Uint8Array(data));
    return connection;
  }

  #discard() {
    for (const timer of [this.#timer, this.#disconnectedTimer, this.#ackTimer]) clearTimeout(timer);
    this.#timer = this.#disconnectedTimer = this.#ackTimer = null;
    const connection = this.#connection;
    this.#connection = null;
    this.#candidates = [];
    this.#probe = null;
    this.#isMet = false;
    if (!connection) return;
    connection.onicecandidate = connection.onconnectionstatechange = null;
    for (const channel of [this.#ordered, this.#latest]) {
      channel.onopen = channel.onclose = channel.onmessage = null;
      channel.close();
    }
    this.#ordered = this.#latest = null;
    connection.close();
  }

  async #step(connection, steps) {
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

  #signal(data) { this.#environment.signal(this.#peer, { ...data, link: this.#id ?? undefined }, this.#attempt); }

  // What becomes of it.

  #changed(state) {
    clearTimeout(this.#disconnectedTimer);
    if (state === 'failed') this.#broken('no route to the other player');
    // Routes come back by themselves, most times within a second.
    if (state === 'disconnected') this.#disconnectedTimer = setTimeout(() => this.#broken('the route is gone'), peerLimits.disconnectedMs);
  }

  #broken(detail) {
    if (this.#drained) return this.#stopDraining();
    const wasValidated = this.#isValidated;
    if (!wasValidated) return this.#fail(detail);
    this.#isValidated = false;
    this.#isFailed = true;
    this.#discard();
    this.#environment.onLost?.(this.#peer, this.#attempt);
  }

  #fail(detail) {
    if (this.#isValidated || this.#isFailed) return;
    this.#isFailed = true;
    this.#discard();
    this.#environment.onFailed(this.#peer, detail, this.#attempt);
  }

  #opened() {
    this.#isUsed = true;
    this.#ordered.send(JSON.stringify({ position: this.#stream.position }));
    this.#probe = { count: 0, sentAt: 0, rttsMs: [] };
    this.#sendProbe();
  }

  #sendProbe() {
    this.#probe.sentAt = performance.now();
    this.#ordered.send(new Uint8Array([PING, this.#probe.count]));
  }

  // What is said over it.

  #sendData(bytes) {
    const framed = new Uint8Array(bytes.length + 1);
    framed[0] = DATA;
    framed.set(bytes, 1);
    this.#ordered.send(framed);
  }

  #receiveText(text) {
    let message;
    try { message = JSON.parse(text); } catch { return; }
    if (message?.position && !this.#isMet) {
      this.#stream.meet(message.position);
      this.#isMet = true;
      this.#acked = this.#stream.received;
      for (const bytes of this.#stream.kept) this.#sendData(bytes);
    } else if (message?.drain) {
      this.#acknowledge();
    } else if (message?.end) {
      // It may have heard of the relay before this end has.
      this.#drained = { mine: this.#drained?.mine ?? null, theirs: true };
      this.#checkDrained();
    }
  }

  #receiveOrdered(frame) {
    if (frame[0] === DATA) {
      this.#stream.countReceived();
      if (this.#stream.received - this.#acked >= streamLimits.acknowledgeEvery) this.#acknowledge();
      else this.#ackTimer ??= setTimeout(() => this.#acknowledge(), streamLimits.acknowledgeMs);
      this.#environment.onMessage(this.#peer, frame.subarray(1), false);
    } else if (frame[0] === ACK && frame.length === 5) {
      this.#stream.acknowledge(new DataView(frame.buffer, frame.byteOffset).getUint32(1));
      this.#checkDrained();
    } else if (frame[0] === PING) {
      if (this.#isOpen) this.#ordered.send(new Uint8Array([PONG, frame[1]]));
    } else if (frame[0] === PONG && this.#probe && frame[1] === this.#probe.count) {
      this.#probe.rttsMs.push(performance.now() - this.#probe.sentAt);
      this.#probe.count += 1;
      if (this.#probe.count < peerLimits.probes) return this.#sendProbe();
      const median = this.#probe.rttsMs.sort((a, b) => a - b)[peerLimits.probes >> 1];
      this.#probe = null;
      if (this.#isFailed) return;
      clearTimeout(this.#timer);
      this.#isValidated = true;
      this.#environment.onValidated(this.#peer, Math.round(median * 10) / 10, this.#attempt);
    }
  }

  #acknowledge() {
    clearTimeout(this.#ackTimer);
    this.#ackTimer = null;
    if (!this.#isOpen) return;
    const frame = new Uint8Array(5);
    frame[0] = ACK;
    new DataView(frame.buffer).setUint32(1, this.#acked = this.#stream.received);
    this.#ordered.send(frame);
  }

  #receiveLatest(frame) {
    if (frame.length < 4) return;
    const number = new DataView(frame.buffer, frame.byteOffset).getUint32(0);
    // Newer by serial-number arithmetic; whatever was overtaken on the way is of no use any more.
    if (((number - this.#seen) | 0) <= 0) return;
    this.#seen = number;
    this.#environment.onMessage(this.#peer, frame.subarray(4), true);
  }

  // The way to the relay.

  #checkDrained() {
    if (this.#drained?.mine === false && this.#stream.kept.length === 0) {
      this.#drained.mine = true;
      if (this.#isOpen) this.#ordered.send(JSON.stringify({ end: true }));
      this.#environment.onDrained?.(this.#peer);
    }
    // What was just sent has to leave before the connection goes.
    if (this.#drained?.mine && this.#drained.theirs) {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.close(), 250);
    }
  }

  /** It takes too long, or the link is gone: what has not been acknowledged may be lost. */
  #stopDraining() {
    const wasDraining = this.isDraining;
    this.#stream.release();
    this.close();
    if (wasDraining) this.#environment.onDrained?.(this.#peer);
  }
}

// The client of Greenroom: waits for others, is matched, checks the direct connection, plays, and hears how it ended.
//
//   import { join, everyone } from '/greenroom.js';
//   const session = join({
//     scene: 'duo', subject: 'alice',
//     onWaiting: ({ players, needed }) => …,
//     onPlay: ({ player, players, transport, seed }) => …,
//     onMessage: ({ from, bytes }) => …,
//     onEnded: ({ reason }) => …,
//   });
//   session.send(everyone, new Uint8Array([1, 2, 3]));
//
// It reconnects by itself, and a reloaded page keeps its place: what proves the place is in sessionStorage.
import { Direct } from './greenroom-direct.js';
import { Line } from './greenroom-line.js';
import { limits, passingErrors } from './greenroom-limits.js';
import { Place } from './greenroom-place.js';
import { Rounds } from './greenroom-rounds.js';
import { PlayTime } from './greenroom-time.js';
import { Visibility } from './greenroom-visibility.js';
import { Kind, everyone, frame, input, readBundle } from './greenroom-wire.js';

export { everyone, limits };

const home = new URL('/v1/join', import.meta.url.startsWith('http') ? import.meta.url : location.href).href.replace(/^http/, 'ws');

/**
 * Joins a scene and returns the session at once; everything that happens is told through the handlers.
 *
 * @param {object} options
 * @param {string} options.scene
 * @param {string} options.subject who this is; the same across sessions
 * @param {string} [options.matchmaker] default: `/v1/join` of the server that this file is from
 * @param {string} [options.token] a JWT, where the scene asks for one
 * @param {object} [options.attributes] what the scene's policy matches by
 * @param {{code: string, size: number}} [options.party] those who name the same code stay together, once `size` have come
 * @param {'all'|'relay'} [options.iceTransportPolicy] `relay`: direct connections go through the scene's TURN servers alone, and no
 *   player learns another's address
 *
 * Handlers, all optional. While one waits:
 * - `onWaiting({players, needed, waitedMs, timeoutMs, estimateMs, party})`, at once and whenever a count changes. `timeoutMs`
 *   more at most, and about `estimateMs` more; that is null as long as nobody can know. `party` is `{members, size}` while one's
 *   own party gathers, null otherwise.
 * - `onConfirm({deadlineMs, confirm})`: still there? `confirm()` says yes. A later `onWaiting` takes the question back.
 * - `onMatched({session, player, players, role, treatment})`; the last two null where the scene gives none.
 *
 * In a session: `onEntered({players, missed, missedTicks})`, where so many messages and ticks were too many to be kept for a return ·
 * `onValidating({peers, deadlineMs})` · `onPeerValidated({peer, rttMs})` · `onPeerFailed({peer, detail})` ·
 * `onPeerLost({peer})` · `onTransport({transport})`, when play goes on by `relay` ·
 * `onPlay({player, players, transport, seed, again, startAt, ticks})`, `startAt` as below · `onMessage({from, bytes, latest})` ·
 * `onStart({startAt})`: the same instant again, more exactly, now that the server knows this page's clock · `onTick({tick, inputs, repeated})`:
 * by player the bytes for this tick, or null; `repeated[i]` when its last ones stand in. Ticks count from 1, without gaps but `missedTicks` ·
 * `onPeerDisconnected({player, graceMs})` · `onPeerReconnected({player})` ·
 * `onRequeued({reason})`, when it has ended and one waits anew · `onWarning({about, inMs, over})`: one is excluded in `inMs`
 * because the way is too long (`roundTrip`), nothing is heard (`silent`) or the page is `hidden`; `over` when no longer so ·
 * those of episodes, pauses and lost players stand in greenroom-rounds.js.
 *
 * At any time: `onPhase(phase)` · `onConnection({connected, retryInMs})` · `onError({code, message})` ·
 * `onEnded({reason, completionCode, code})`, once, and last: the code that the scene gives for this reason, or null; with
 * the reason `failed` the `code` of the error that left nothing to go on with.
 *
 * @returns {Session}
 */
export function join(options) {
  const session = new Session(options);
  session.start();
  return session;
}

class Session {
  /** `joining` → `waiting` → `entering` → (`validating` →) `playing` → `ended`; back to `joining` when put back in the queue. */
  phase = 'joining';
  session = null;
  player = null;
  players = 0;
  /** What the scene has given this player, from the match on; null for none. A reload keeps them. */
  role = null;
  treatment = null;
  /** `peer` (data channels) or `relay` (through the coordinator), once playing. */
  transport = null;
  ticks = null;         // `{intervalMs, inputBytesMax, next}` in a scene with ticks, once playing
  /** The slowest peer's median round trip, once validated. */
  rttMs = null;

  #options;
  #place;
  #line = new Line({
    onJSON: (message) => this.#receiveJSON(message),
    onBinary: (frame) => this.#receiveBinary(frame),
    onLost: (code) => this.#lost(code),
  });
  #atCoordinator = false;
  #entered = false;
  #reloaded;            // this page was loaded into a session that it knows nothing of
  #attempts = 0;
  #lostAt = null;
  #timer = null;
  #lastError = null;
  #direct = null;
  #received = 0;
  #tick = 0;            // the last bundle
  #outbox = [];
  #early = [];
  #finish = null;
  #leaving = false;
  #time = new PlayTime();
  #rounds = new Rounds((message) => this.#sendJSON(message), (event, detail) => this.#tell(event, detail), this.#time);
  #visibility = new Visibility((hidden) => this.#sendJSON({ type: 'visibility', hidden }));

  constructor(options) {
    this.#options = { ...options, matchmaker: options.matchmaker ?? home };
    this.#place = new Place(this.#options.matchmaker, options.subject);
    // A live session of another scene: the matchmaker moves the subject, and asks for `resume` as proof.
    if (this.#place.held.scene !== options.scene) this.#place.held = { resume: this.#place.held.resume };
    this.#reloaded = this.#place.held.ticket != null;
  }

  /** When play begins or began, as a time of `performance.now()`: the same instant for all, as well as the clocks are known. */
  get startAt() { return this.#time.startAt; }
  /** For how many milliseconds play has been going on, pauses left out; below 0 before it begins. What all can compute by. */
  get playedMs() { return this.#time.playedMs; }

  start() {
    this.#visibility.start();
    this.#place.held.ticket ? this.#enter() : this.#join();
  }

  /**
   * Sends to one player or to `everyone`. With `latest` an older message may be dropped for a newer one.
   * @returns {boolean} false when it was not taken, because too much is under way or this is not PLAYING
   */
  send(to, bytes, { latest = false } = {}) {
    if (bytes.length > limits.messageBytesMax) throw new RangeError(`a message has at most ${limits.messageBytesMax} bytes`);
    if (this.phase !== 'playing') return false;
    if (this.transport === 'peer') return this.#direct.send(to, bytes, latest, everyone);
    if (latest || !this.#direct) return this.#sendBinary(latest ? Kind.latest : Kind.ordered, to, bytes);
    return this.#direct.relay(to, bytes, everyone);
  }

  /** Sends this player's input, by default for the next tick; those of all come to `onTick`. False when it could not be sent. */
  sendInput(bytes, { tick = 0 } = {}) {
    if (this.phase !== 'playing' || !this.ticks) return false;
    if (bytes.length > this.ticks.inputBytesMax) throw new RangeError(`an input has at most ${this.ticks.inputBytesMax} bytes`);
    return this.#sendBinary(Kind.tick, everyone, input(tick, bytes));
  }

  /** Resolves when all are ready for this barrier or its time is up, to `{startAt, missing}`: when all go on, and who is not there. */
  ready(barrier) { return this.phase === 'ended' ? Promise.reject(new Error('the session has ended')) : this.#rounds.ready(barrier); }

  /** Says that this episode is over as far as this player is concerned; and that it is ready for the one that `onReset` named. */
  episodeDone() { this.#rounds.answer('episode', 'episodeDone'); }
  resetDone() { this.#rounds.answer('reset', 'resetDone'); }

  /** Says that this player's game is over, with a result of at most 1 KiB as JSON to be recorded; `onEnded` follows when all have finished. */
  finish(result) {
    this.#finish = { type: 'finish', ...(result === undefined ? {} : { result }) };
    this.#sendJSON(this.#finish);
  }

  /** Answers `onConfirm`: yes, still here. Where nobody has asked it is answered by the error `wrong_state`. */
  confirm() { this.#sendJSON({ type: 'confirm' }); }

  /** Takes oneself out of the game, with a reason that is recorded. */
  exclude(reason) { this.#sendJSON({ type: 'exclude', reason }); }

  /** Leaves the room, and gives up the time waited there, or leaves the game; `onEnded` follows. */
  leave() {
    if (this.phase === 'ended') return;
    this.#leaving = true;
    if (!this.#sendJSON({ type: 'leave' })) return this.#end({ reason: 'player_left' });
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#end({ reason: 'player_left' }), limits.leaveMs);
  }

  // The two connections.

  #join() {
    this.#atCoordinator = false;
    this.session = this.player = this.transport = this.rttMs = this.role = this.treatment = this.ticks = null;
    this.#time.forget();
    this.#setPhase('joining');
    const { scene, subject, token, attributes, party, matchmaker } = this.#options;
    this.#connect(matchmaker, { type: 'join', scene, subject, token, attributes, party, resume: this.#place.held.resume });
  }

  #enter() {
    this.#atCoordinator = true;
    this.#entered = false;
    const { url, session, ticket, role, treatment } = this.#place.held;
    Object.assign(this, { role: role ?? null, treatment: treatment ?? null });
    if (!this.session) this.session = session;
    if (this.phase !== 'playing' && this.phase !== 'validating') this.#setPhase('entering');
    this.#connect(url, { type: 'enter', session, ticket, received: this.#received, tick: this.#tick });
  }

  #connect(url, first) {
    clearTimeout(this.#timer);
    this.#lastError = null;
    try {
      this.#line.connect(url, first);
    } catch (error) {
      this.#tell('Error', { code: 'bad_url', message: error.message });
      this.#end({ reason: 'failed', code: 'bad_url' });
    }
  }

  #lost(code) {
    if (this.#leaving) return this.#end({ reason: 'player_left' });
    if (this.#atCoordinator && code === 4001) return this.#end({ reason: 'superseded' });
    const fatal = code === 1009 ? 'too_large' : code >= 4010 ? this.#lastError?.code ?? 'internal' : null;
    if (this.#atCoordinator && (fatal === 'bad_ticket' || fatal === 'session_ended')) {
      // The ticket opens nothing any more; the matchmaker knows what became of this subject.
      this.#forget();
      return this.#join();
    }
    if (fatal && !passingErrors.has(fatal)) return this.#end({ reason: 'failed', code: fatal });
    const now = performance.now();
    this.#lostAt ??= now;
    if (now - this.#lostAt > limits.giveUpMs) return this.#end({ reason: 'failed', code: 'unreachable' });
    const bound = Math.min(limits.backoffMs * 2 ** this.#attempts, limits.backoffMaxMs);
    const retryInMs = Math.round(bound * (0.5 + Math.random() / 2));
    this.#attempts += 1;
    this.#tell('Connection', { connected: false, retryInMs });
    this.#timer = setTimeout(() => {
      if (this.#atCoordinator && performance.now() - this.#lostAt < limits.returnMs) return this.#enter();
      if (this.#atCoordinator) this.#forget();
      this.#join();
    }, retryInMs);
  }

  #receiveJSON(message) {
    if (this.#lostAt != null && message.type !== 'error') {
      this.#lostAt = null;
      this.#attempts = 0;
      this.#tell('Connection', { connected: true, retryInMs: 0 });
    }
    this.#handlers[message.type]?.(message);
  }

  // What the servers say, by type. Unknown types and fields are a later version's and are ignored.
  #handlers = {
    __proto__: null,
    ...this.#rounds.handlers,
    waiting: (message) => {
      this.session = message.session;
      this.#place.save({ resume: message.resume });
      this.#setPhase('waiting');
      this.#tell('Waiting', { estimateMs: null, party: null, ...message });
    },
    confirm: (message) => this.#tell('Confirm', { ...message, confirm: () => this.confirm() }),
    matched: (message) => {
      const { session, player, players, url, ticket, role = null, treatment = null } = message;
      if (session !== this.#place.held.session) this.#received = this.#tick = 0;
      Object.assign(this, { session, player, players });
      this.#place.forget();
      this.#place.save({ scene: this.#options.scene, session, url, ticket, role, treatment });
      this.#tell('Matched', { ...message, role, treatment });
      this.#enter();
    },
    entered: (message) => {
      this.#entered = true;
      if (this.#leaving) return this.leave();     // asked for while the way led from one server to the other
      this.player = message.player;
      this.players = message.players.length;
      this.#rounds.enter(message.players);
      if (this.#visibility.hidden) this.#sendJSON({ type: 'visibility', hidden: true });
      this.#tell('Entered', message);
    },
    validate: (message) => {
      this.#setPhase('validating');
      this.#tell('Validating', message);
      this.#makeDirect().validate(message);
    },
    retry: (message) => this.#makeDirect().retry(message),
    signal: (message) => this.#direct?.receive(message),
    clock: ({ sample }) => this.#sendJSON({ type: 'clock', sample, clientMs: performance.now() }),
    start: (message) => {
      this.#time.begin(message);
      this.#tell('Start', { startAt: this.startAt });
    },
    play: ({ transport, seed, ticks = null, ...start }) => {
      const again = this.transport != null, wasPeer = this.transport === 'peer';
      this.transport = transport;
      this.#time.restart(start);
      this.ticks = ticks;
      if (transport === 'peer') this.#makeDirect().restore();
      else if (!again) this.#closeDirect();
      else if (wasPeer) this.#direct?.switchToRelay();
      this.#setPhase('playing');
      if (this.#finish) this.#sendJSON(this.#finish);      // said again it counts once
      if (again) this.#timer = setTimeout(() => this.#rounds.repeatReady(), limits.repeatReadyMs);
      for (const frame of this.#outbox.splice(0)) this.#line.sendBinary(frame);
      const { player, players, startAt } = this;
      this.#tell('Play', { player, players, transport, seed, again, reloaded: this.#reloaded, startAt, ticks });
      for (const message of this.#early.splice(0)) this.#tell('Message', message);
    },
    transport: ({ transport }) => {
      if (this.transport !== 'peer' || transport !== 'relay') return;
      this.transport = transport;
      this.#direct?.switchToRelay();
      this.#tell('Transport', { transport });
    },
    peerDisconnected: (message) => this.#tell('PeerDisconnected', message),
    peerReconnected: (message) => this.#tell('PeerReconnected', message),
    warning: (message) => this.#tell('Warning', { over: false, ...message }),
    ended: (message) => {
      if (!message.requeued || this.#leaving) return this.#end(message);
      this.#forget(message.resume);
      this.#tell('Requeued', message);
      this.#join();
    },
    error: ({ code, message }) => {
      this.#lastError = { code, message };
      this.#tell('Error', { code, message });
    },
  };

  #receiveBinary(frame) {
    if (frame.length < 2) return;
    const [kind, from] = frame, bytes = frame.subarray(2);
    if (kind === Kind.ordered) this.#received += 1;
    if (kind !== Kind.tick) return this.#receive({ from, bytes, latest: kind === Kind.latest });
    const bundle = readBundle(bytes);
    this.#tick = bundle?.tick ?? this.#tick;
    if (bundle) this.#tell('Tick', bundle);
  }

  #receive(message) {
    // A peer may hear `play` first, and its first messages overtake ours.
    if (this.phase === 'playing') this.#tell('Message', message);
    else if (this.#early.length < limits.queuedMessagesMax) this.#early.push(message);
  }

  #sendBinary(kind, to, bytes) {
    const message = frame(kind, to, bytes);
    if (this.#entered && this.#line.open) return this.#line.sendBinary(message);
    if (kind !== Kind.ordered || this.#outbox.length >= limits.queuedMessagesMax) return false;
    this.#outbox.push(message);
    return true;
  }

  #sendJSON(message) {
    return (this.#entered || !this.#atCoordinator) && this.#line.sendJSON(message);
  }

  #makeDirect() {
    return this.#direct ??= new Direct({
      self: this.player, players: this.players, iceServers: [], iceTransportPolicy: this.#options.iceTransportPolicy,
      say: (message) => {
        this.rttMs = this.#direct?.rttMs ?? this.rttMs;
        this.#sendJSON(message);
      },
      relay: (to, bytes) => this.#sendBinary(Kind.ordered, to, bytes),
      lost: this.#rounds.lost,
      onMessage: (message) => this.#receive(message),
      tell: (event, detail) => this.#tell(event, detail),
    });
  }

  #closeDirect() {
    this.#direct?.close();
    this.#direct = null;
  }

  #closeSession() {
    this.#closeDirect();
    this.#rounds.close();
    this.#outbox = [];
    this.#early = [];
    this.#finish = null;
    this.#reloaded = this.#entered = false;
    this.#received = this.#tick = 0;
  }

  /** The session is over for good; `resume` is all that a later join needs. */
  #forget(resume) {
    this.#closeSession();
    this.#place.forget(resume);
  }

  #end(message) {
    if (this.phase === 'ended') return;
    clearTimeout(this.#timer);
    this.#visibility.stop();
    this.#line.drop();
    // Another page that took over goes on with the session, so this one's proof of it stays good for a reload.
    if (message.reason === 'superseded' || message.reason === 'failed') this.#closeSession();
    else this.#forget(message.resume);
    this.#setPhase('ended');
    this.#tell('Ended', { completionCode: null, code: null, ...message });
  }

  #setPhase(phase) {
    if (phase === this.phase) return;
    this.phase = phase;
    this.#tell('Phase', phase);
  }

  #tell(event, detail) { this.#options[`on${event}`]?.(detail); }
}

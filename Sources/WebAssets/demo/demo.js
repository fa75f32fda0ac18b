// The demo page: one game of "Catch the light", from choosing a scene to the result.
//
// ?scene=duo chooses, &subject=… says who one is, &party=CODE&size=2 with whom one comes, &role=… as what. &start=1 starts at once,
// &auto=1 plays by itself too.
import { join, everyone } from './greenroom.js';
import { Game, rounds } from './demo-game.js';
import { Stage } from './demo-stage.js';
import { Scenes } from './demo-scenes.js';
import { endingInWords, interruptionInWords, resultInWords, warningInWords } from './demo-words.js';
import * as view from './demo-view.js';

const query = new URLSearchParams(location.search);
const auto = query.get('auto') === '1';
const encoder = new TextEncoder(), decoder = new TextDecoder();

// What tests, and the curious, can look at.
const state = window.greenroomDemo = {
  phase: 'choose', scene: query.get('scene') ?? 'duo', subject: query.get('subject') ?? tabSubject(),
  session: null, player: null, players: 0, needed: 0, waitedMs: 0, estimateMs: null, party: null, role: null, treatment: null, transport: null, rttMs: null, round: 0,
  result: null, endedReason: null, completionCode: null, error: null,
};

/** Two windows are two people; a reload is the same one. */
function tabSubject() {
  const made = `guest-${Array.from(crypto.getRandomValues(new Uint8Array(6)), (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
  try {
    const kept = sessionStorage.getItem('greenroom demo subject') ?? made;
    sessionStorage.setItem('greenroom demo subject', kept);
    return kept;
  } catch {
    return made;
  }
}

/** What was asked for last, so that "Play again" asks for the same. */
let wishes = {
  party: query.has('party') ? { code: query.get('party'), size: Number(query.get('size') ?? 2) } : undefined,
  attributes: query.has('role') ? { role: query.get('role') } : undefined,
};
let session = null, match = null, left = false, ticker = null;

function start() {
  Object.assign(state, { phase: 'joining', session: null, player: null, transport: null, rttMs: null, round: 0, result: null, endedReason: null, completionCode: null, role: null, treatment: null, error: null });
  left = false;
  view.banner('');
  view.given({});
  view.waitingFor(null);
  view.confirmWithin(null);
  view.show('waiting');
  const room = { told: null, at: 0, confirmBy: null }, links = new Map();

  ticker = setInterval(() => {
    if (room.told) {
      const elapsedMs = performance.now() - room.at;
      state.waitedMs = room.told.waitedMs + elapsedMs;
      if (room.confirmBy == null) view.waitingFor(room.told, elapsedMs);
    }
    view.confirmWithin(room.confirmBy == null ? null : room.confirmBy - performance.now());
  }, 500);

  session = join({
    scene: state.scene, subject: state.subject, token: query.get('token') ?? undefined,
    ...wishes,
    onPhase(phase) {
      Object.assign(state, { phase, session: session?.session ?? null });
      if (phase === 'joining') { room.told = null; view.waitingFor(null); view.show('waiting'); }
    },
    onWaiting(told) {
      // A question that was open is off: somebody has left, or has not answered it.
      if (room.confirmBy != null || room.told?.confirmed) view.banner('Somebody was not there any more. You have kept your place.');
      else if (told.players >= told.needed) view.banner('');
      Object.assign(room, { told, at: performance.now(), confirmBy: null });
      view.confirmWithin(null);
      const { session, needed, players, waitedMs, estimateMs, party } = told;
      Object.assign(state, { session, needed, players, waitedMs, estimateMs, party });
      view.show('waiting');
      view.waitingFor(told);
      view.log(`The matchmaker has us in room ${told.session}: ${told.players} of ${told.needed}.`);
    },
    onConfirm({ deadlineMs }) {
      room.confirmBy = performance.now() + deadlineMs;
      view.banner('');
      view.log(`Still there? An answer is wanted within ${Math.round(deadlineMs / 1000)} s.`);
      auto ? confirm() : view.confirmWithin(deadlineMs);
    },
    onMatched(told) {
      room.told = room.confirmBy = null;
      view.confirmWithin(null);
      view.banner('');
      showGiven();
      Object.assign(state, { session: told.session, player: told.player, players: told.players });
      view.log(`Matched${told.role ? ` as ${told.role}` : ''}${told.treatment ? `, condition ${told.treatment}` : ''}. We are player ${told.player + 1} of ${told.players}; the coordinator is at ${told.url}.`);
    },
    onEntered(told) {
      room.told = null;
      Object.assign(state, { session: told.session, player: told.player, players: told.players.length });
      showGiven();
      view.log(`Entered the coordinator, state ${told.state}.`);
      if (session.phase === 'entering') { view.show('checking'); view.checking('Waiting for everyone to arrive…', links, told.player); }
    },
    onValidating({ peers }) {
      for (const peer of peers) if (!links.has(peer)) links.set(peer, undefined);
      view.show('checking');
      showLinks();
      view.log(`Checking whether we can reach ${peers.length} other player${peers.length === 1 ? '' : 's'} directly.`);
    },
    onPeerValidated({ peer, rttMs }) {
      links.set(peer, rttMs);
      state.rttMs = session.rttMs;
      showLinks();
      view.log(`Data channel to player ${peer + 1} is good: ${rttMs} ms round trip.`);
    },
    onPeerFailed({ peer, detail }) {
      links.set(peer, detail);
      showLinks();
      view.log(`No data channel to player ${peer + 1}: ${detail}.`);
    },
    onPlay(told) {
      view.log(`Play, by ${told.transport === 'peer' ? 'direct connection' : 'relay'}, seed ${told.seed}.`);
      if (match) return;
      Object.assign(state, { player: told.player, players: told.players, transport: told.transport });
      match = new Match(told);
    },
    onMessage(message) { match?.receive(message); },
    onPeerDisconnected({ player, graceMs }) {
      match?.away.add(player);
      view.banner(`Player ${player + 1} has lost the connection. Waiting up to ${Math.round(graceMs / 1000)} s for them.`);
      view.log(`Player ${player + 1} disconnected.`);
    },
    onPeerReconnected({ player }) {
      match?.away.delete(player);
      view.banner('');
      view.log(`Player ${player + 1} is back.`);
    },
    onWarning(warning) {
      state.warning = warning.over ? null : warning.about;
      view.banner(warningInWords(warning));
      view.log(warning.over ? `No longer: ${warning.about}.` : `Warned: ${warning.about}, ${warning.inMs} ms left.`);
    },
    onConnection({ connected, retryInMs }) {
      view.banner(connected ? '' : interruptionInWords(state.error));
      if (connected) state.error = null;
      else view.log(`Connection lost; next attempt in ${retryInMs} ms.`);
    },
    onRequeued(told) {
      closeMatch();
      links.clear();
      view.given({});
      view.banner(`${endingInWords(told)[0]} You are back in the queue, with the time you have waited.`);
      view.log(`Session ${told.session} ended: ${told.reason}. Waiting again.`);
    },
    onError({ code, message }) {
      state.error = code;
      view.log(`The server says: ${message} (${code})`);
    },
    onEnded(told) {
      clearInterval(ticker);
      const result = match?.result ?? null, self = state.player;
      closeMatch();
      view.confirmWithin(null);
      Object.assign(state, { phase: 'ended', endedReason: told.reason, completionCode: told.completionCode, error: told.code });
      const [title, detail] = endingInWords(told, left);
      const finished = result && told.reason === 'completed';
      view.banner('');
      view.show('ended');
      view.ended({ title: finished ? resultInWords(result, self) : title, detail, result: finished ? result : null, self, completionCode: told.completionCode });
      view.log(`Ended: ${told.reason}${told.code ? ` (${told.code})` : ''}.`);
    },
  });
  state.phase = session.phase;

  function confirm() {
    session.confirm();
    room.confirmBy = null;
    view.confirmWithin(null);
    if (!room.told) return;
    Object.assign(room, { told: { ...room.told, confirmed: true, waitedMs: state.waitedMs }, at: performance.now() });
    view.waitingFor(room.told);
  }
  function showGiven() {
    const { role, treatment } = session;
    Object.assign(state, { role, treatment });
    view.given({ role, treatment });
  }
  document.getElementById('confirm-button').onclick = confirm;
  function showLinks() { view.checking('Checking that you can reach each other directly.', links, state.player); }
}

/** One game: connects the rules with the stage and the session. */
class Match {
  away = new Set();
  result = null;
  #told;
  #game;
  #stage;
  #startedAt = null;
  #lit;
  #botPress = null;
  #frame = null;
  #timers = [];

  constructor(told) {
    this.#told = told;
    this.#game = new Game(told);
    view.show('playing');
    view.connection(told.transport, session.rttMs);
    view.announce('The game begins.');
    this.#stage = new Stage(document.getElementById('canvas'), (lamp) => this.#press(lamp));
    this.#showScores();
    // A hidden page draws no frames, but its lights go out all the same.
    this.#timers.push(setInterval(() => this.#advance(), 100), setInterval(() => this.#send({ ping: performance.now() }, true), 1000));
    // A page loaded into a running game asks the others how far it is; they cannot start without a word from it otherwise.
    if (told.reloaded) this.#send({ hello: true });
    else this.#ready();
    this.#draw();
  }

  close() {
    this.#stage.close();
    cancelAnimationFrame(this.#frame);
    this.#timers.forEach(clearInterval);
    clearTimeout(this.#botPress);
    view.cue(null);
  }

  receive({ from, bytes }) {
    let told;
    try { told = JSON.parse(decoder.decode(bytes)); } catch { return; }
    if (typeof told !== 'object' || told === null) return;
    if (typeof told.ping === 'number') this.#send({ pong: told.ping }, true, from);
    if (typeof told.pong === 'number') view.connection(this.#told.transport, state.rttMs = Math.round((performance.now() - told.pong) * 10) / 10);
    if (told.hello) this.#send({ started: this.#startedAt != null, elapsedMs: this.#now, row: this.#game.own, yours: this.#game.rows[from] }, false, from);
    if ('started' in told) this.#resume(told);
    if (told.row && this.#game.receive(from, told.row)) this.#caught(from);
  }

  get #now() { return this.#startedAt == null ? -1 : performance.now() - this.#startedAt; }

  async #ready() {
    try { await session.ready('start'); } catch { return; }
    this.#startedAt ??= performance.now();
  }

  #resume({ started, elapsedMs, yours }) {
    if (this.#startedAt != null || !this.#told.reloaded) return;
    if (!started) return this.#ready();
    this.#startedAt = performance.now() - elapsedMs;
    this.#game.receive(this.#told.player, yours);
    this.#showScores();
  }

  #press(lamp) {
    if (this.#startedAt == null) return;
    const round = this.#game.own.length, outcome = this.#game.press(lamp, this.#now);
    if (outcome === 'caught') {
      this.#stage.ripple(lamp, this.#told.player, `${this.#game.own[round]} ms`);
      this.#changed();
    } else if (outcome) {
      this.#stage.note(outcome === 'early' ? 'Too early!' : 'Wrong lamp!');
    }
  }

  #advance() {
    if (this.#startedAt == null) return;
    if (this.#game.advance(this.#now)) this.#changed();
    const light = this.#game.lit(this.#now);
    if (light?.round === this.#lit) return;
    this.#lit = light?.round;
    view.cue(light);
    if (light && auto) {
      this.#botPress = setTimeout(() => this.#press(light.lamp), 220 + Math.random() * 420);
    }
  }

  #draw() {
    this.#frame = requestAnimationFrame(() => this.#draw());
    this.#advance();
    const now = this.#now, missing = this.#startedAt == null ? 'Getting ready…' : this.#game.over ? 'Waiting for the others…' : '';
    this.#stage.draw({ nowMs: this.#startedAt == null ? Infinity : now, light: this.#game.lit(now), round: this.#game.own.length, rounds, waitingFor: missing });
  }

  #changed() {
    this.#send({ row: this.#game.own });
    this.#showScores();
    this.#settle();
  }

  #caught(from) {
    const row = this.#game.rows[from], time = row.at(-1);
    if (time > 0) this.#stage.ripple(this.#game.lampOf(row.length - 1), from);
    this.#showScores();
    this.#settle();
  }

  #showScores() {
    state.round = this.#game.own.length;
    view.players({ scores: this.#game.scores, self: this.#told.player, away: this.away });
    view.pips(this.#game);
  }

  #settle() {
    if (this.result || !this.#game.complete) return;
    state.result = this.result = this.#game.result;
    view.announce(resultInWords(this.result, this.#told.player));
    session.finish(this.result);
  }

  #send(message, latest = false, to = everyone) { session.send(to, encoder.encode(JSON.stringify(message)), { latest }); }
}

function closeMatch() {
  match?.close();
  match = null;
}

// The buttons.

const form = document.getElementById('choose-form');
const offered = [...form.elements.scene].find((each) => each.value === state.scene);
if (offered) offered.checked = true;
const scenes = new Scenes(form);
scenes.load(state.scene);
form.onsubmit = (event) => {
  event.preventDefault();
  state.scene = form.elements.scene.value;
  wishes = scenes.wishes;
  start();
};
document.getElementById('another').onclick = () => {
  // Without an opener the new window has a session storage of its own, and so is another person.
  const party = wishes.party ? { party: wishes.party.code, size: wishes.party.size } : {};
  open(`/?${new URLSearchParams({ scene: state.scene, start: 1, ...party })}`, '_blank', 'noopener,width=560,height=820');
};
for (const button of document.querySelectorAll('.leave')) button.onclick = () => { left = true; session.leave(); };
document.getElementById('again').onclick = start;
document.getElementById('copy').onclick = view.copyCode;
// Escape must not take the question away: it would go on unseen.
document.getElementById('confirm').oncancel = (event) => event.preventDefault();
document.getElementById('other').onclick = () => { state.phase = 'choose'; view.given({}); view.show('choose'); };

view.show('choose');
if (auto || query.get('start') === '1' || (query.has('scene') && !offered)) start();

// What the page shows, in plain words. It knows the document and no protocol.
import { lamps, missed, rounds } from './demo-game.js';
import { colours } from './demo-stage.js';
import { estimateInWords } from './demo-words.js';

const $ = (id) => document.getElementById(id);
const steps = { choose: null, waiting: 'waiting', checking: 'checking', playing: 'playing', ended: 'ended' };
const titles = { checking: 'Found your game – Greenroom', playing: 'Play! – Greenroom', ended: 'Done – Greenroom' };

export const playerName = (player, self) => (player === self ? 'You' : `Player ${player + 1}`);

let reached = -1;

/** Shows one section and marks the steps on the way to it; at the end those that there were. */
export function show(section) {
  for (const id of Object.keys(steps)) $(id).hidden = id !== section;
  const names = [...document.querySelectorAll('.steps li')];
  const current = names.findIndex((each) => each.dataset.step === steps[section]);
  if (section !== 'ended') reached = current;
  names.forEach((each, index) => {
    each.classList.toggle('done', section === 'ended' ? index <= reached || index === current : index < current);
    each.toggleAttribute('aria-current', index === current);
    if (index === current) each.setAttribute('aria-current', 'step');
  });
  document.querySelector('.steps').classList.toggle('idle', current < 0);
  document.title = titles[section] ?? 'Greenroom';
}

/** Says something to everyone, those who do not see the page too. */
export function announce(text) { if ($('status').textContent !== text) $('status').textContent = text; }

export function cue(light) { $('cue').textContent = light ? lamps[light.lamp] : ''; }

/** A line above everything that stays until it is taken away with an empty one. */
export function banner(text) {
  $('banner').textContent = text;
  $('banner').hidden = !text;
}

export function log(text) {
  const line = document.createElement('li');
  const time = document.createElement('time');
  time.textContent = new Date().toLocaleTimeString([], { hour12: false });
  line.append(time, text);
  $('log').append(line);
  while ($('log').children.length > 100) $('log').firstChild.remove();
}

const clock = (ms) => {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
};

/** What `onWaiting` told, so many milliseconds ago; null before it has told anything. */
export function waitingFor(room, elapsedMs = 0) {
  const { players = 0, needed = 0, waitedMs = 0, timeoutMs, party, confirmed } = room ?? {}, missing = needed - players;
  const title = !room ? 'Looking for a room…'
    : party ? `Waiting for your party: ${party.members} of ${party.size} here`
    : confirmed ? 'Waiting for the others to say that they are here'
    : missing > 0 ? `Waiting for ${missing} more player${missing === 1 ? '' : 's'}` : 'Everyone is here';
  const detail = room ? `${players} of ${needed} here` : '', estimate = estimateInWords(room, elapsedMs);
  $('waiting-title').textContent = title;
  $('waiting-detail').textContent = detail;
  $('waiting-estimate').textContent = estimate;
  $('waited').textContent = clock(waitedMs + elapsedMs);
  $('waiting-most').textContent = room ? clock(waitedMs + timeoutMs) : '–';
  $('waiting-time').value = room ? Math.min(1, (waitedMs + elapsedMs) / (waitedMs + timeoutMs)) : 0;
  document.title = room ? `(${players}/${needed}) Waiting – Greenroom` : 'Greenroom';
  fill($('seats'), needed, 'span', (seat, index) => {
    seat.style.setProperty('--player', colours[index % colours.length]);
    seat.classList.toggle('taken', index < players);
  });
  // Once for each change, and not for each second that passes.
  if (room && elapsedMs === 0) announce(`${title}. ${detail}. Still to wait: ${estimate}.`);
}

let answerMs = 1;

/** Asks whether the player is still there, and shows how long an answer may take; null takes the question back. */
export function confirmWithin(ms) {
  const dialog = $('confirm');
  if (ms == null) return void (dialog.open && dialog.close());
  if (!dialog.open) {
    answerMs = Math.max(ms, 1);
    dialog.showModal();
    document.title = 'Still there? – Greenroom';
  }
  const seconds = Math.ceil(Math.max(0, ms) / 1000);
  $('confirm-time').textContent = seconds;
  $('confirm-unit').textContent = seconds === 1 ? 'second left to answer' : 'seconds left to answer';
  $('confirm-left').value = Math.max(0, ms) / answerMs;
}

/** What the scene has given this player; nothing is shown for what it gives to nobody. */
export function given({ role, treatment }) {
  const terms = [['Your role', role], ['Condition', treatment]].filter(([, value]) => value != null);
  $('given').hidden = terms.length === 0;
  fill($('given'), terms.length, 'div', (line, index) => line.replaceChildren(element('dt', terms[index][0]), element('dd', terms[index][1])));
}

/** `peers` maps a player to undefined (trying), a round trip in ms, or a text that says what went wrong. */
export function checking(detail, peers, self) {
  $('checking-detail').textContent = detail;
  announce(`Found your game. ${detail}`);
  fill($('peers'), peers.size, 'li', (line, index) => {
    const [player, state] = [...peers][index];
    line.className = state === undefined ? 'trying' : typeof state === 'number' ? 'good' : 'bad';
    line.textContent = `${playerName(player, self)}: ${state === undefined ? 'trying to connect…'
      : typeof state === 'number' ? `connected, round trip ${state} ms` : state}`;
  });
}

export function players({ scores, self, away }) {
  fill($('players'), scores.length, 'li', (line, player) => {
    line.style.setProperty('--player', colours[player % colours.length]);
    line.classList.toggle('away', away.has(player));
    line.classList.toggle('self', player === self);
    const name = playerName(player, self) + (away.has(player) ? ' (gone)' : '');
    line.replaceChildren(element('span', name), element('b', String(scores[player])));
  });
}

/** One dot a round, in the colour of who got it. */
export function pips(game) {
  fill($('pips'), rounds, 'li', (pip, round) => {
    const winners = game.winnersOf(round);
    pip.className = winners === undefined ? '' : winners.length === 1 ? 'won' : winners.length ? 'shared' : 'nobody';
    if (winners?.length === 1) pip.style.setProperty('--player', colours[winners[0] % colours.length]);
  });
}

export function connection(transport, rttMs) {
  const way = transport === 'peer' ? 'direct connection' : 'relay';
  $('connection').className = `connection ${transport}`;
  $('connection').textContent = rttMs == null ? way : `${way} · ${rttMs < 10 ? rttMs.toFixed(1) : Math.round(rttMs)} ms`;
}

export function ended({ title, detail, result, self, completionCode }) {
  $('ended-title').textContent = title;
  $('ended-detail').textContent = detail;
  announce(`${title} ${detail}${completionCode ? ` Your completion code is ${completionCode}.` : ''}`);
  $('result').hidden = !result;
  $('again').textContent = result ? 'Play again' : 'Try again';
  $('code').hidden = !completionCode;
  $('code').querySelector('output').textContent = completionCode ?? '';
  $('copy').textContent = 'Copy';
  if (!result) return;
  const rows = result.scores.map((score, player) => {
    const times = result.times[player].filter((time) => time !== missed);
    const average = times.reduce((sum, time) => sum + time, 0) / times.length;
    const name = element('th', playerName(player, self));
    name.scope = 'row';
    name.style.setProperty('--player', colours[player % colours.length]);
    const row = document.createElement('tr');
    row.classList.toggle('winner', player === result.winner);
    row.append(name, element('td', String(score)),
      ...[Math.min(...times), average].map((time) => element('td', times.length ? String(Math.round(time)) : '–')));
    return row;
  });
  $('result').tBodies[0].replaceChildren(...rows);
}

/** Copies the completion code, or marks it where a page may not copy. */
export async function copyCode() {
  const output = $('code').querySelector('output');
  try {
    await navigator.clipboard.writeText(output.textContent);
    $('copy').textContent = 'Copied';
    announce('The completion code is copied.');
  } catch {
    getSelection().selectAllChildren(output);
    $('copy').textContent = 'Marked: now copy it';
  }
}

function element(tag, text) {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}

/** Gives the list that many children, keeping those that there are, and lets each be set up. */
function fill(list, count, tag, set) {
  while (list.children.length > count) list.lastChild.remove();
  while (list.children.length < count) list.append(document.createElement(tag));
  [...list.children].forEach(set);
}

// What a matchmaker is doing: reads /v1/state, /metrics and /readyz of the page's own server, again and again.

const everyMs = 1000, answerMs = 5000, scenesMax = 200, matchesMax = 5;
const $ = (id) => document.getElementById(id);
let answeredAt = null;

async function look() {
  try {
    const [state, metrics, ready] = await Promise.all(['/v1/state', '/metrics', '/readyz'].map(ask));
    show(JSON.parse(state.text), samples(metrics.text), ready.ok ? '' : ready.text.trim());
    answeredAt = Date.now();
    document.querySelector('main').classList.remove('old');
  } catch {
    document.querySelector('main').classList.add('old');
    health('bad', answeredAt ? `No answer since ${new Date(answeredAt).toLocaleTimeString([], { hour12: false })}` : 'No answer');
  }
  setTimeout(look, everyMs);
}

async function ask(path) {
  const answer = await fetch(path, { cache: 'no-store', signal: AbortSignal.timeout(answerMs) });
  return { ok: answer.ok, text: await answer.text() };
}

/** Prometheus' text as `name` → [labels, value]. */
function samples(text) {
  const found = new Map();
  for (const line of text.split('\n')) {
    const match = /^([a-z_]+)(?:\{(.*)\})? (\S+)$/.exec(line);
    if (!match) continue;
    const labels = {};
    for (const [, name, value] of (match[2] ?? '').matchAll(/([a-z_]+)="((?:\\.|[^"\\])*)"/g)) {
      labels[name] = value.replace(/\\(.)/g, (_, each) => (each === 'n' ? '\n' : each));
    }
    if (!found.has(match[1])) found.set(match[1], []);
    found.get(match[1]).push([labels, Number(match[3])]);
  }
  return found;
}

function show(state, metrics, problem) {
  const count = (name, wanted = {}) => (metrics.get(name) ?? [])
    .filter(([labels]) => Object.entries(wanted).every(([key, value]) => labels[key] === value))
    .reduce((sum, [, value]) => sum + value, 0);

  $('node').textContent = `${state.nodeId.startsWith(state.role) ? '' : `${state.role} `}${state.nodeId} · ${state.version}`;
  health(problem ? 'bad' : 'good', problem || 'ready');
  const waiting = state.scenes.reduce((sum, scene) => sum + scene.waiting, 0);
  const { sessions } = state;
  tiles($('now'), [
    ['People waiting', waiting], ['Sessions being handed over', sessions.matched],
    ['Sessions being validated', sessions.validating], ['Sessions in play', sessions.playing],
  ]);
  keyed($('scenes'), state.scenes.slice(0, scenesMax), 'article', (card, scene) => sceneCard(card, scene, (metrics.get('greenroom_join_fates_total') ?? [])
    .filter(([labels, joins]) => labels.scene === scene.id && joins > 0).map(([{ fate }, joins]) => [fate.replaceAll('_', ' '), joins])));
  keyed($('links'), state.links.length ? state.links.map((link) => ({ id: link.nodeId, ...link })) : [{ id: '' }], 'tr', linkRow);
  const failed = count('greenroom_reloads_total', { result: 'failed' });
  tiles($('start'), [
    ['Games completed', count('greenroom_sessions_ended_total', { reason: 'completed' })],
    ['Sessions ended otherwise', count('greenroom_sessions_ended_total') - count('greenroom_sessions_ended_total', { reason: 'completed' })],
    ['Joins not admitted', count('greenroom_joins_refused_total')],
    ['Pages and addresses turned away', count('greenroom_upgrades_refused_total')],
    ['Reloads applied', count('greenroom_reloads_total', { result: 'applied' })],
    ['Reloads that failed', failed, failed > 0],
  ]);
  $('start-note').hidden = failed === 0;
  $('start-note').textContent = 'A reload that fails changes nothing: the scenes before it go on. Why it failed stands in the log, as reload_failed.';
}

function health(kind, text) {
  const badge = $('health');
  badge.className = `badge ${kind}`;
  if (badge.textContent !== text) badge.textContent = text;
}

function tiles(list, entries) {
  fill(list, entries, 'div', (tile, [name, value, alarms]) => {
    tile.classList.toggle('alarm', alarms === true);
    put(tile, [['dt', name], ['dd', value.toLocaleString()]]);
  });
}

function sceneCard(card, scene, fates) {
  if (!card.firstChild) {
    card.innerHTML = `<h3></h3><p class="soft about"></p><dl class="pair"><div><dt>Waiting</dt><dd></dd></div><div><dt>Wait of one who comes now</dt><dd></dd></div></dl>
      <h4>What became of joins</h4><dl class="fates"></dl>
      <div class="treated" hidden><h4>Sessions by treatment</h4><ul></ul></div>
      <h4>Why they were put together</h4><ol class="matches"></ol>`;
  }
  const badge = scene.open ? [] : [['span', 'closed', 'badge']];
  put(card.querySelector('h3'), [['span', scene.id], ...badge]);
  card.querySelector('.about').textContent = [
    `${scene.groupSize} player${scene.groupSize === 1 ? '' : 's'}`, ...scene.rules.map((rule) => (rule === 'smallerGroups' ? 'smaller groups' : rule)), scene.confirm && 'asks “still there?”',
  ].filter(Boolean).join(' · ');
  const [waiting, wait] = card.querySelectorAll('.pair dd');
  waiting.textContent = scene.waiting.toLocaleString();
  wait.textContent = scene.estimateMs == null ? 'not known' : `about ${duration(scene.estimateMs)}`;
  fill(card.querySelector('.fates'), fates.length ? fates : [['none yet']], 'div', (line, [fate, joins]) =>
    put(line, [['dt', fate], ...(joins ? [['dd', joins.toLocaleString()]] : [])]));

  const treated = Object.entries(scene.treated ?? {}), most = Math.max(1, ...treated.map(([, sessions]) => sessions));
  card.querySelector('.treated').hidden = treated.length === 0;
  fill(card.querySelector('.treated ul'), treated, 'li', (line, [name, sessions]) => {
    if (!line.firstChild) line.append(...['span', 'b', 'meter'].map((tag) => document.createElement(tag)));
    const [label, number, bar] = line.children;
    Object.assign(bar, { max: most, value: sessions });
    bar.setAttribute('aria-label', `sessions with ${name}`);
    [label.textContent, number.textContent] = [name, sessions.toLocaleString()];
  });

  const matches = scene.recentMatches.slice(-matchesMax).reverse();
  fill(card.querySelector('.matches'), matches.length ? matches : [null], 'li', (line, match) => {
    line.classList.toggle('soft', match == null);
    put(line, match == null ? [['span', 'No match yet.']] : [['time', ago(match.atUnixMs)], ['span', match.why]]);
    line.title = match ? `session ${match.session}` : '';
  });
}

function linkRow(row, link) {
  if (link.id === '') return put(row, [['td', 'No coordinator has dialled in: full rooms wait.', 'soft']]);
  const state = !link.up ? ['away', 'bad'] : link.draining ? ['draining', ''] : ['up', 'good'];
  put(row, [['th', link.nodeId], ['td', ''], ['td', `${link.sessions.toLocaleString()} of ${link.capacity.toLocaleString()}`], ['td', link.players.toLocaleString()]]);
  put(row.children[1], [['span', state[0], `badge ${state[1]}`]]);
}

const ago = (unixMs) => {
  const ms = Date.now() - unixMs;
  return ms < 1000 ? 'now' : `${duration(ms)} ago`;
};

function duration(ms) {
  const seconds = Math.max(1, Math.round(ms / 1000));
  if (seconds < 90) return `${seconds} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}

/** Gives the element exactly these children, [tag, text, class], changing only what differs, so that a selection stays. */
function put(parent, children) {
  fill(parent, children, (child) => child[0], (element, [, text, name = '']) => {
    if (element.children.length === 0 && element.textContent !== String(text)) element.textContent = text;
    if (element.className !== name) element.className = name;
  });
}

function fill(parent, items, tag, set) {
  const wanted = (item) => (typeof tag === 'function' ? tag(item) : tag).toUpperCase();
  items.forEach((item, index) => {
    const standing = parent.children[index];
    if (!standing) parent.append(document.createElement(wanted(item)));
    else if (standing.tagName !== wanted(item)) standing.replaceWith(document.createElement(wanted(item)));
    set(parent.children[index], item);
  });
  while (parent.children.length > items.length) parent.lastElementChild.remove();
}

/** As `fill`, with one element for each id, however they are ordered. */
function keyed(parent, items, tag, set) {
  const standing = new Map([...parent.children].map((each) => [each.dataset.id, each]));
  parent.replaceChildren(...items.map((item) => {
    const element = standing.get(item.id) ?? document.createElement(tag);
    element.dataset.id = item.id;
    set(element, item);
    return element;
  }));
}

look();

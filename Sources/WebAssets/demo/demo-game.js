// "Catch the light": the rules, without a screen, a clock or a network.
//
// Everyone sees the same lights at the same moments, drawn from the session's seed. Each player's own page measures how
// long that player took, so a slow connection is no disadvantage; the fastest of a round gets its point. What a player
// did is a row of times that only this player writes; a message always carries the whole row, so it does not matter
// which ones are lost, repeated or replayed: whoever has all rows has the same result.

export const lamps = ['up', 'right', 'down', 'left'];
export const rounds = 10;
export const rules = { countdownMs: 3000, pauseMinMs: 700, pauseMaxMs: 1500, litMs: 1100, penaltyMs: 250, penaltyMaxMs: 750 };

/** In place of a time: the light went out first. */
export const missed = -1;

/** A small generator (mulberry32): the same numbers in [0, 1) for the same seed, in every browser. */
function* numbers(seed) {
  let state = 0;
  for (const character of String(seed)) state = (Math.imul(state, 31) + character.charCodeAt(0)) >>> 0;
  for (;;) {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    yield ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
}

/** When each light goes on and off, in milliseconds since the start, and which lamp it is; never one lamp twice in a row. */
export function schedule(seed) {
  const random = numbers(seed), next = () => random.next().value;
  const lights = [];
  let at = rules.countdownMs, lamp = -1;
  for (let round = 0; round < rounds; round += 1) {
    at += rules.pauseMinMs + Math.round(next() * (rules.pauseMaxMs - rules.pauseMinMs));
    lamp = lamp < 0 ? Math.floor(next() * lamps.length) : (lamp + 1 + Math.floor(next() * (lamps.length - 1))) % lamps.length;
    lights.push({ lamp, onMs: at, offMs: at + rules.litMs });
    at += rules.litMs;
  }
  return lights;
}

export class Game {
  /** One row a player: a time in ms or `missed` for each round played so far. */
  rows;
  #player;
  #lights;
  #penaltyMs = 0;

  constructor({ seed, player, players }) {
    this.#player = player;
    this.#lights = schedule(seed);
    this.rows = Array.from({ length: players }, () => []);
  }

  get own() { return this.rows[this.#player]; }
  get over() { return this.own.length === rounds; }
  get complete() { return this.rows.every((row) => row.length === rounds); }

  /** The light that is on for this player at that time, with its round; undefined when all is dark. */
  lit(nowMs) {
    const round = this.own.length, light = this.#lights[round];
    return light && nowMs >= light.onMs && nowMs < light.offMs ? { ...light, round } : undefined;
  }

  lampOf(round) { return this.#lights[round].lamp; }

  /** Gives up the lights that have gone out. Says whether the own row changed. */
  advance(nowMs) {
    const before = this.own.length;
    while (!this.over && nowMs >= this.#lights[this.own.length].offMs) this.#record(missed);
    return this.own.length !== before;
  }

  /** The player hits a lamp: `caught`, `wrong` or `early`; nothing before the countdown is over or after the last round. */
  press(lamp, nowMs) {
    this.advance(nowMs);
    if (this.over || nowMs < rules.countdownMs) return undefined;
    const light = this.lit(nowMs);
    if (light?.lamp === lamp) {
      this.#record(Math.max(1, Math.round(nowMs - light.onMs)) + this.#penaltyMs);
      return 'caught';
    }
    this.#penaltyMs = Math.min(this.#penaltyMs + rules.penaltyMs, rules.penaltyMaxMs);
    return light ? 'wrong' : 'early';
  }

  /** Takes over another player's row. What does not look like one is ignored. Says whether it told anything new. */
  receive(from, row) {
    const known = this.rows[from];
    const looksRight = Array.isArray(row) && row.length <= rounds
      && row.every((time) => Number.isSafeInteger(time) && (time === missed || time > 0));
    if (!known || !looksRight || row.length <= known.length) return false;
    this.rows[from] = row;
    return true;
  }

  /** The players who got the point of a round: undefined until all have played it, nobody when all missed, several when equal. */
  winnersOf(round) {
    if (this.rows.some((row) => row.length <= round)) return undefined;
    const times = this.rows.map((row) => row[round]);
    const best = Math.min(...times.filter((time) => time !== missed));
    return times.flatMap((time, player) => (time === best ? [player] : []));
  }

  get scores() {
    const scores = this.rows.map(() => 0);
    for (let round = 0; round < rounds; round += 1) for (const player of this.winnersOf(round) ?? []) scores[player] += 1;
    return scores;
  }

  /** The same on every side once `complete`. Most points win; then the lower sum of times; else nobody. */
  get result() {
    const scores = this.scores;
    const sums = this.rows.map((row) => row.reduce((sum, time) => sum + (time === missed ? 2 * rules.litMs : time), 0));
    const better = (a, b) => scores[b] - scores[a] || sums[a] - sums[b];
    const [first, second] = scores.map((_, player) => player).sort(better);
    return { winner: second !== undefined && better(first, second) === 0 ? null : first, scores, times: this.rows };
  }

  #record(time) {
    this.own.push(time);
    this.#penaltyMs = 0;
  }
}

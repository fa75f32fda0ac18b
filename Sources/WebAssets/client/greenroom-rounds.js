// What brings players together in play: barriers, episodes, pauses, and players who are lost. The handlers:
//
// - `onPaused({player})`, once for each who is away, and `onResumed({startAt})`, in a scene that pauses meanwhile
// - `onPlayerLost({player, reason, seat})`: play goes on without it; its seat stays `empty`, or may be a `bot`'s; then
//   `onPlayerSeated({player})`. One who is lost itself hears `onEnded`
// - `onEpisode({episode, of, startAt, pausedMs, deadlineMs})`: it begins at `startAt`, a time of `performance.now()`, and is over
//   in `deadlineMs` at the latest; `episodeDone()` says that it is over as far as this player is concerned. A page that was
//   loaded anew hears when it began, and for how long of the time since then play has stood still
// - `onReset({episode, deadlineMs})`: get ready for that episode, and say `resetDone()`
// - `onDone()`: the last episode is over, and one may `finish()`
import { instant, withResolvers } from './greenroom-wire.js';

export class Rounds {
  /** Players whom play goes on without; a bot in such a seat is none of them. */
  lost = new Set();
  #barriers = new Map();
  #stage = null;        // the newest `episode` or `reset`
  #said = null;         // what was answered to it
  #say;
  #tell;
  #time;

  /**
   * @param {(message: object) => void} say to the server
   * @param {(event: string, detail: object) => void} tell to the game
   * @param {PlayTime} time
   */
  constructor(say, tell, time) {
    this.#say = say;
    this.#tell = tell;
    this.#time = time;
  }

  ready(barrier) {
    let waiting = this.#barriers.get(barrier);
    if (!waiting) {
      waiting = Promise.withResolvers ? Promise.withResolvers() : withResolvers();
      waiting.promise.catch(() => {});      // nobody has to listen to how a barrier of an ended session failed
      this.#barriers.set(barrier, waiting);
      this.#say({ type: 'ready', barrier });
    }
    return waiting.promise;
  }

  /** A `ready` may have been lost with the old socket. But a barrier that opened meanwhile must not be entered anew: its `go` follows `play`. */
  repeatReady() { for (const barrier of this.#barriers.keys()) this.#say({ type: 'ready', barrier }); }

  /** Answers an `episode` or a `reset`, where it is the newest that was said. */
  answer(to, type) {
    if (this.#stage?.type !== to) return;
    this.#said = { type, episode: this.#stage.episode };
    this.#say(this.#said);
  }

  /** Who is there, as one hears who has entered. */
  enter(players) {
    for (const { player, lost, connected } of players) {
      if (lost && !connected) this.lost.add(player);
      else this.lost.delete(player);
    }
  }

  close() {
    this.lost.clear();
    for (const { reject } of this.#barriers.values()) reject(new Error('the session has ended'));
    this.#barriers.clear();
    this.#stage = this.#said = null;
  }

  /** What the server says, by type. */
  handlers = {
    go: ({ barrier, missing = [], ...start }) => {
      this.#barriers.get(barrier)?.resolve({ startAt: instant(start), missing });
      this.#barriers.delete(barrier);
    },
    episode: (message) => {
      const { episode, of, deadlineMs, pausedMs = 0 } = message;
      if (this.#reaches(message)) this.#tell('Episode', { episode, of, startAt: instant(message), pausedMs, deadlineMs });
    },
    reset: (message) => { if (this.#reaches(message)) this.#tell('Reset', message); },
    done: (message) => { if (this.#reaches(message)) this.#tell('Done', message); },
    paused: (message) => {
      this.#time.pause();
      this.#tell('Paused', message);
    },
    resumed: (message) => {
      this.#time.resume(message);
      this.#tell('Resumed', { startAt: instant(message) });
    },
    playerLost: (message) => {
      this.lost.add(message.player);
      this.#tell('PlayerLost', message);
    },
    playerSeated: (message) => {
      this.lost.delete(message.player);
      this.#tell('PlayerSeated', message);
    },
  };

  /** False for what is said again to one who is back. What was answered to it then is said again: it may have been lost. */
  #reaches(message) {
    const isNews = this.#stage?.type !== message.type || this.#stage.episode !== message.episode;
    this.#stage = message;
    if (isNews) this.#said = null;
    else if (this.#said) this.#say(this.#said);
    return isNews;
  }
}

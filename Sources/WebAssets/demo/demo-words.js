// How things ended, in words for a person.

const reasons = {
  completed: ['That was it.', 'Everyone has finished. The game is over on both servers, and nothing of it is left there.'],
  player_left: ['A player left.', 'The game ended for everyone when somebody left it.'],
  player_disconnected: ['A player’s connection is gone.', 'They did not come back in time, so the game ended.'],
  player_excluded: ['A player was taken out of the game.', 'So it ended for everyone.'],
  validation_failed: ['No direct connection.', 'Your devices could not reach each other, so the game did not start.'],
  validation_timeout: ['No direct connection in time.', 'The check took too long, so the game did not start.'],
  no_show: ['A player never arrived.', 'So the game could not start.'],
  wait_timeout: ['Nobody came.', 'There were not enough players in time. You can try again at once.'],
  all_left: ['Everyone has left.', 'The room is empty.'],
  not_confirmed: ['You were not there.', 'The question whether you are still here went unanswered.'],
  barrier_timeout: ['A player did not get ready.', 'The others waited for as long as the game allows.'],
  no_coordinator: ['No server has room for a game.', 'Please try again in a moment.'],
  coordinator_lost: ['The game’s server is gone.', 'It could not be reached any more, so the game ended.'],
  cancelled: ['The game was called off.', 'Somebody who runs this server ended it.'],
  superseded: ['You went on somewhere else.', 'This game was taken over by another window.'],
  time_limit: ['Time is up.', 'The game took as long as it may.'],
  shutdown: ['The server is shutting down.', 'Please come back in a moment.'],
};

const failures = {
  unknown_scene: 'There is no game of this name here.',
  scene_closed: 'This game is closed at the moment.',
  subject_in_use: 'Somebody of this name is waiting or playing already.',
  room_full: 'Too many people are waiting already. Please come back later.',
  rate_limited: 'You have come too often. Please wait a moment.',
  party_full: 'All of this party have come already.',
  party_mismatch: 'This party does not fit: its size differs, or the game takes no such party.',
  bad_token: 'The token that says who you are was not accepted.',
  origin_refused: 'This server does not accept players from this page.',
  unreachable: 'The server could not be reached for some minutes.',
};

const passing = {
  room_full: 'Too many people are waiting at the moment. This page tries again by itself.',
  rate_limited: 'You have come too often. This page tries again by itself in a moment.',
  draining: 'The server is being restarted. This page tries again by itself.',
};

/** What a page shows that is not connected; `code` is the error that the server gave before, if it gave one. */
export function interruptionInWords(code) { return passing[code] ?? 'The connection is interrupted. Trying to get back…'; }

/**
 * How much longer it takes, as far as anybody knows: `room` is what `onWaiting` told so many milliseconds ago. What it is
 * guessed from were other people's waits, so it is never given to the second.
 */
export function estimateInWords(room, elapsedMs) {
  if (!room) return 'not known yet';
  if (room.party) return 'depends on your party';
  if (room.players >= room.needed) return 'a moment';
  if (room.estimateMs == null) return 'not known yet';
  const seconds = (room.estimateMs - elapsedMs) / 1000;
  if (seconds <= 0) return 'longer than usual';
  if (seconds < 8) return 'a few seconds';
  return seconds < 90 ? `about ${Math.round(seconds / 5) * 5} s` : `about ${Math.round(seconds / 60)} min`;
}

/** Title and detail for what `onEnded` told; `left` when it was this player who pressed the button. */
export function endingInWords({ reason, code }, left) {
  if (left && (reason === 'player_left' || reason === 'all_left')) return ['You have left.', 'Come back whenever you like.'];
  if (reason === 'failed') return ['That did not work.', failures[code] ?? `The server refused: ${code}.`];
  return reasons[reason] ?? ['The game has ended.', `Reason: ${reason}.`];
}

const warnings = {
  roundTrip: 'Your connection is slow.',
  silent: 'Nothing is heard from this page.',
  hidden: 'Please come back to this window.',
};

/** What `onWarning` told; empty when it is over. */
export function warningInWords({ about, inMs, over }) {
  if (over) return '';
  return `${warnings[about] ?? 'Something is wrong.'} If it stays so you are out of the game in ${Math.ceil(inMs / 1000)} s.`;
}

export function resultInWords({ winner, scores }, self) {
  const [best, ...rest] = scores.toSorted((a, b) => b - a);
  const points = rest.length === 1 ? `, ${best} : ${rest[0]}` : ` with ${best} of the lights`;
  if (winner === null) return `A draw${points}.`;
  return winner === self ? `You win${points}!` : `Player ${winner + 1} wins${points}.`;
}

// The bounds and times of the client, and which errors it gets over by itself.

export const limits = {
  messageBytesMax: 64 * 1024 - 2,       // the servers' limit of 64 KiB, less the header
  queuedMessagesMax: 1024,              // kept while the socket is away, or before `onPlay` has been called
  backoffMs: 250, backoffMaxMs: 8_000,  // each wait is drawn from the upper half, so that a crowd spreads out
  returnMs: 20_000,                     // how long to try the coordinator before asking the matchmaker again
  giveUpMs: 300_000,
  repeatReadyMs: 1_000,
  leaveMs: 2_000,
};

// What a later attempt may mend by itself; every other fatal error ends the session here.
export const passingErrors = new Set(['draining', 'room_full', 'rate_limited', 'timeout', 'internal']);

/* The hand-off of sessions between one matchmaker and its coordinators: who owns a session when, who hears of its end,
 * and what is left of it after crashes, cut links, stalls and disks that kept or lost what was not synced.
 *
 * Each step is one event of a core, taken whole, with the name of the function in Sources beside it. A process that stalls
 * is one that takes no step. Time is an order: see "The lease" in README.md, and lease.pml, which shows that order.
 *
 * A rule is left out by -DNO_RULE_n, with a letter where it has several parts. `run` says what each must break. */

#ifndef NC
#define NC 1 /* coordinators: 1 or 2 */
#endif
#ifndef NP
#define NP 2 /* subjects, up to 3 */
#endif
#ifndef NS
#define NS 2 /* sessions ever made */
#endif
#ifndef NA
#define NA 2 /* attempts a session */
#endif
#ifndef GROUP
#define GROUP 1 /* subjects a session */
#endif
#ifndef FAULTS
#define FAULTS 2 /* faults in all, of the kinds below */
#endif
/* Kinds: CUT a link, LEASE runs out, CRASHM and CRASHC, VANISH of a subject, TIMEOUT of an assign, REFUSE of one, JLOSS of the journal;
   JDAMAGE, with JLOSS: any of its records may be left. */

#ifndef QUEUE
#define QUEUE 7 /* messages in flight one way */
#endif
#ifndef JQ
#define JQ (4 + FAULTS) /* records not synced, with repeats that wait behind them; a run that needs more says so */
#endif

mtype = {
  /* messages */ assign, accepted, refused, ended, endedAck, cancel, drop, holding, state, inventoryEnd,
  /* records */ recordMatched, recordEnded, recordMark, repeat,
  /* reasons */ completed_at_0, completed_at_1, cancelled, coordinator_lost, presumed_lost, no_coordinator
}

#define BIT(n) (1 << (n))
#define AT(c, s) ((c) * NS + (s))
#define NOBODY 255

/* ---- Faults left */
byte faults = FAULTS;
#define MAY_FAIL (faults > 0)

/* ---- The matchmaker's memory: SessionDetails.swift, Coordinator.swift */
#define ABSENT 0
#define RECORDING 1
#define OFFERED 2
#define ACCEPTED 3
byte mUp = 1;
byte phase[NS];     /* HandOff.phase; ABSENT for what is not in the ledger */
byte node[NS];      /* HandOff.node */
byte attempt[NS];   /* HandOff.assignment.attempt */
byte present[NS];   /* members with a connection here, by bits */
byte cancels[NS];   /* HandOff.cancel */
byte confirmed[NS]; /* HandOff.isConfirmed */
byte seat[NP];      /* ledger.session(of:): 0 free, 1 in a room, 2 + s in session s */
byte untold[NP];    /* 1 + s: connected, and s has ended, which is not on disk yet */
byte known[NS];     /* the index of outcomes: 0 unknown, 1 the owner's, 2 presumed */
byte knownAttempt[NS];
byte isBlind;       /* the journal was lost, and nobody is matched: 0 no, 1 until all have reported, 2 until what is in doubt has ended */
byte sessions;      /* made so far */

#ifdef JLOSS
byte isDoubtful[NS];          /* HandOff.isDoubtful: from a journal with gaps, and nobody is known to have been inside */
byte doubt[NC * NS];          /* claims: the attempt of a copy that is held, nobody is known to have been inside of, and is not in the ledger */
byte deferred[NC * NS];       /* ends that are not believed yet: the attempt, */
byte deferredReason[NC * NS]; /* and the reason */
byte diskHold;                /* the mark beside the journal: it has gaps */
byte diskFirst[NS];           /* 1 + node of the journalMatched of attempt 1 */
byte began[NC * NS];          /* all have entered what is held */
byte outBegan[NC * NS];       /* and what has ended */
#define BEGAN(c, s) began[AT(c, s)]
#define END_OF(c, s) outReason[AT(c, s)] + 64 * outBegan[AT(c, s)]
#define IS_DOUBTFUL(s) isDoubtful[s]
#ifdef NO_RULE_13c
#define IS_PROVEN(b) (1)
#else
#define IS_PROVEN(b) (b)
#endif
#else
#define BEGAN(c, s) 0
#define END_OF(c, s) outReason[AT(c, s)]
#define IS_DOUBTFUL(s) 0
#endif

/* ---- What is the same for all who know a session: its assignment */
byte members[NS];

/* ---- The matchmaker's journal: appended, and what is on disk */
chan journal = [JQ] of { byte, byte, byte, byte, byte }; /* record, session, attempt, node or reason, 1 + whom to acknowledge */
byte diskNode[NS];   /* 1 + node of the newest journalMatched */
byte diskAttempt[NS];
byte diskNodes[NS];  /* nodes of all attempts that may still send an outcome, by bits */
byte diskOutcome[NS];
byte diskOutcomeAttempt[NS];

/* ---- Coordinators: SessionDetails, OutboxEntry */
byte cUp[NC] = 1;
#define NONE 0
#define VALID 1
#define OVER 2
byte lease[NC] = VALID;  /* OVER: its time has come, whether or not the coordinator has looked at the clock */
byte held[NC * NS];      /* attempt of the live session, 0 for none */
#define UNSYNCED 1       /* in the outbox, not on disk */
#define SYNCED 2         /* in the outbox, on disk */
#define ACKED 3          /* acknowledged; the outcome is on disk and that it was acknowledged is not */
#define ACKED_EARLY 4    /* acknowledged; neither is on disk */
byte outbox[NC * NS];
byte outReason[NC * NS];
byte outAttempt[NC * NS];
#define IN_OUTBOX(c, s) (outbox[AT(c, s)] == UNSYNCED || outbox[AT(c, s)] == SYNCED)
#ifdef NO_RULE_12
byte twin[NC * NS];      /* held by an older process of the same node that still lives */
#endif

/* ---- Links: each end for itself */
byte mLink[NC] = 1;
byte cLink[NC] = 1;
byte isOld[NC];          /* the matchmaker's end is that of an incarnation that is dead */
byte hasInventory[NC] = 1;
byte listed[NC];         /* sessions named in the inventory that is being read */
#define SENT 255
byte awaited[NC] = SENT; /* sessions whose record must be on disk before inventoryEnd */
chan toM[NC] = [QUEUE] of { byte, byte, byte, byte }; /* message, session, attempt, reason */
chan toC[NC] = [QUEUE] of { byte, byte, byte };

/* ---- Subjects, with their clients */
#define OUT 0
#define JOINED 1  /* connected to the matchmaker */
#define GOING 2   /* has a ticket, and is on its way */
#define INSIDE 3  /* connected to a coordinator */
byte where[NP];
byte toSession[NP];  /* while GOING or INSIDE */
byte toNode[NP];
byte toAttempt[NP];
byte resume[NP];     /* 1 + s: a release from s; 0: a place, or nothing */
byte hasQuit[NP];    /* never joins again */
byte tickets[NP * NS]; /* attempts for which it was ever given a ticket, by bits */

/* ---- What the promises are checked by; no step looks at these */
byte told[NP * NS];    /* the reason that a subject was told */
#ifdef JLOSS
byte toldAttempt[NP * NS];
#define TOLD_ATTEMPT(p, s) toldAttempt[(p) * NS + (s)]
#else
#define TOLD_ATTEMPT(p, s) 0
#endif
byte final[NS];        /* the outcome on the matchmaker's disk */
byte finalAttempt[NS];
byte hasLostJournal;
#ifdef JLOSS
byte isExcused[NS];    /* published before the journal was lost, which nobody can know any more: see README.md */
#define IS_EXCUSED(s) isExcused[s]
byte isCopyLost[NS];   /* the coordinator's copy was lost, too: nobody knows of the session any more */
byte spent[NP];        /* sessions by bits: its release was shown while nobody here knew of the session */
#define IS_COPY_LOST(s) (hasLostJournal && isCopyLost[s])
#define HAS_SPENT(p, s) (spent[p] & BIT(s))
#define IS_OLDER(s, a) (hasLostJournal && final[s] && finalAttempt[s] > a) /* of an attempt taken back, reported when all was forgotten */
#define REPLACES(s, a) (hasLostJournal && finalAttempt[s] < a) /* the outcome of a lower attempt was presumed to be the session's */
#else
#define IS_EXCUSED(s) 0
#define IS_COPY_LOST(s) 0
#define HAS_SPENT(p, s) 0
#define REPLACES(s, a) 0
#define IS_OLDER(s, a) 0
#endif

/* A promise is broken unless the condition holds. */
inline must(promise, condition) {
  if
  :: !(condition) ->
    printf("PROMISE %d IS BROKEN\n", promise);
    assert(false)
  :: else
  fi
}

byte i, j, k, n, x, y, z, u, v, w; /* used within a step, and 0 between steps */

#define IS_READY(c) (mLink[c] && hasInventory[c])
#define OWN(c) ((c) == 0 -> completed_at_0 : completed_at_1)
#define REQUEUES(r) ((r) == cancelled || (r) == no_coordinator || (r) == coordinator_lost || (r) == presumed_lost)

#ifdef NO_RULE_10
#define OBEYS(c) (lease[c] != NONE)
#else
#define OBEYS(c) (lease[c] == VALID)
#endif
/* After a stall a coordinator looks at its deadlines before its input. */
#ifdef NO_RULE_10
#define AWAKE(c) (cUp[c])
#else
#define AWAKE(c) (cUp[c] && lease[c] != OVER)
#endif

/* ---- Promise 1: a subject has tickets for at most one live session that would let it in. */
inline promise1() {
  for (u : 0 .. NP - 1) {
    w = 0;
    for (v : 0 .. NC * NS - 1) {
      if
      :: held[v] && AWAKE(v / NS) && (tickets[u * NS + v % NS] & BIT(held[v])) -> w++
      :: else
      fi;
#ifdef NO_RULE_12
      if
      :: twin[v] && (tickets[u * NS + v % NS] & BIT(twin[v])) -> w++
      :: else
      fi
#endif
    }
    must(1, w <= 1)
  }
  u = 0; v = 0; w = 0
}

/* ---- Promises 3 and 4: what one is told is, and stays, the outcome. */
inline tell(p, s, a, reason) {
  printf("            subject %d hears that session %d has ended: %e\n", p, s, reason);
  told[(p) * NS + (s)] = reason;
#ifdef JLOSS
  toldAttempt[(p) * NS + (s)] = a;
#endif
  must(4, IS_EXCUSED(s) || final[s] == 0 || final[s] == presumed_lost || REPLACES(s, a) || final[s] == reason)
}

inline publish(s, a, reason) {
  printf("            outcome of session %d: %e\n", s, reason);
  if
  :: IS_OLDER(s, a) -> skip
  :: else ->
    must(3, IS_EXCUSED(s) || final[s] == 0 || REPLACES(s, a) || (final[s] == presumed_lost && reason != presumed_lost)); /* one, or one more after a presumption */
    final[s] = reason;
    finalAttempt[s] = a;
    if
    :: reason != presumed_lost ->
      for (u : 0 .. NP - 1) { must(4, IS_EXCUSED(s) || told[u * NS + s] == 0 || TOLD_ATTEMPT(u, s) > a || told[u * NS + s] == reason) }
      u = 0
    :: else
    fi
  fi
}

/* ---- Sending: what is sent on a link whose other end is gone is lost. */
inline sendC(c, message, s, a) {
  if
  :: mLink[c] && cLink[c] && !isOld[c] -> assert(nfull(toC[c])); toC[c]!message, s, a
  :: else
  fi
}
inline sendM(c, message, s, a, r) {
  if
  :: cLink[c] && mLink[c] && !isOld[c] -> assert(nfull(toM[c])); toM[c]!message, s, a, r
  :: else
  fi
}
inline empty3(channel) { do :: len(channel) > 0 -> channel?_, _, _ :: else -> break od; skip }
inline empty4(channel) { do :: len(channel) > 0 -> channel?_, _, _, _ :: else -> break od; skip }

/* ==== Matchmaker ==== */

inline record(kind, s, a, detail, ack) {
  assert(nfull(journal));
  journal!kind, s, a, detail, ack
}

/* MatchmakerCore.end, .ended and .settled: the session leaves the ledger, and its outcome is to be recorded. */
inline mEnd(s, a, reason, ack) {
  phase[s] = ABSENT;
  cancels[s] = 0;
  confirmed[s] = 0;
#ifdef JLOSS
  isDoubtful[s] = 0;
#endif
  for (i : 0 .. NP - 1) {
    if
    :: seat[i] == 2 + s -> seat[i] = 0
    :: else
    fi;
    if
    :: present[s] & BIT(i) -> untold[i] = 1 + s
    :: else
    fi
  }
  i = 0;
  present[s] = 0;
  known[s] = (reason == presumed_lost -> 2 : 1);
  knownAttempt[s] = a;
#ifdef NO_RULE_4a
  if
  :: ack -> sendC(ack - 1, endedAck, s, a)
  :: else
  fi;
  record(recordEnded, s, a, reason, 0);
#else
  record(recordEnded, s, a, reason, ack);
#endif
}

/* MatchmakerCore.tellMatched */
inline tellMatched(s, p) {
  printf("            subject %d gets a ticket for session %d, attempt %d, at coordinator %d\n", p, s, attempt[s], node[s]);
  must(4, told[(p) * NS + (s)] == 0 || HAS_SPENT(p, s)); /* who was told of its end does not meet it again */
  tickets[(p) * NS + (s)] = tickets[(p) * NS + (s)] | BIT(attempt[s]);
  present[s] = present[s] & ~BIT(p);
  where[p] = GOING;
  toSession[p] = s;
  toNode[p] = node[s];
  toAttempt[p] = attempt[s]
}

/* MatchmakerCore.record */
inline mRecord(s, c) {
  node[s] = c;
  printf("matchmaker: records session %d, attempt %d, at coordinator %d\n", s, attempt[s], c);
  record(recordMatched, s, attempt[s], c, 0);
#ifdef NO_RULE_1a
  phase[s] = OFFERED;
  diskNodes[s] = diskNodes[s] | BIT(c);
  sendC(c, assign, s, attempt[s])
#else
  phase[s] = RECORDING
#endif
#ifdef NO_RULE_1b
  ;
  for (i : 0 .. NP - 1) {
    if
    :: present[s] & BIT(i) -> tellMatched(s, i)
    :: else
    fi
  }
  i = 0;
  promise1()
#endif
}

/* MatchmakerCore.tryAgain. At most one other coordinator is ready, so there is no choice to make. */
inline mTryAgain(s, excluded) {
  n = NOBODY;
  for (i : 0 .. NC - 1) {
    if
    :: n == NOBODY && i != excluded && IS_READY(i) -> n = i
    :: else
    fi
  }
  i = 0;
  if
  :: n != NOBODY && attempt[s] < NA ->
    attempt[s] = attempt[s] + 1;
    mRecord(s, n)
  :: else ->
    printf("matchmaker: ends session %d as no_coordinator\n", s);
#ifdef LAST_ATTEMPT_IN_VAIN
    mEnd(s, attempt[s], no_coordinator, 0)
#else
    mEnd(s, attempt[s] + 1, no_coordinator, 0) /* an attempt that no coordinator has heard of */
#endif
  fi;
  n = 0
}

inline mTellAllMatched(s) {
  for (i : 0 .. NP - 1) {
    if
    :: present[s] & BIT(i) -> tellMatched(s, i)
    :: else
    fi
  }
  i = 0;
  promise1()
}

/* MatchmakerCore.accepted */
inline mAccepted(c, s, a) {
  if
  :: phase[s] == ACCEPTED && node[s] == c && attempt[s] == a
#ifdef NO_RULE_3a
  :: phase[s] == OFFERED ->
#else
  :: phase[s] == OFFERED && node[s] == c && attempt[s] == a ->
#endif
    printf("matchmaker: session %d is accepted by coordinator %d\n", s, c);
    phase[s] = ACCEPTED;
    confirmed[s] = 1;
    if
#ifndef NO_RULE_1b
    :: present[s] != members[s] ->
      printf("matchmaker: one of session %d has gone, asks coordinator %d to end it\n", s, c);
      cancels[s] = 1;
      sendC(c, cancel, s, a)
#endif
    :: else -> mTellAllMatched(s)
    fi
  :: else ->
    printf("matchmaker: a stale accepted of session %d, answers drop\n", s);
    sendC(c, drop, s, a)
  fi
}

/* MatchmakerCore.refused */
inline mRefused(c, s, a) {
  if
  :: phase[s] == OFFERED && node[s] == c && attempt[s] == a ->
    printf("matchmaker: coordinator %d refuses session %d\n", c, s);
    mTryAgain(s, c)
  :: else
  fi
}

#ifdef JLOSS
/* Coordinators that hold an older attempt in doubt are told to forget it: no ticket of it has left. */
inline dropDoubts(s, a) {
  for (y : 0 .. NC - 1) {
    if
    :: doubt[AT(y, s)] && doubt[AT(y, s)] < a ->
      printf("matchmaker: coordinator %d has an older attempt of session %d: drop\n", y, s);
      sendC(y, drop, s, doubt[AT(y, s)]);
      doubt[AT(y, s)] = 0
    :: else
    fi
  }
  y = 0
}

/* z: a higher attempt has been reported. */
inline higher(s, a) {
  z = 0;
  for (y : 0 .. NC - 1) {
    if
    :: doubt[AT(y, s)] > a || deferred[AT(y, s)] > a -> z = 1
    :: else
    fi
  }
  y = 0
}

/* Somebody has been inside: whatever else is said of these subjects is older, or in vain. Who is in a room has shown a release
   from a session that was known, and may be inside of one that was not. */
inline takeSeats(s, wasKnown) {
  for (i : 0 .. NP - 1) {
    if
    :: (members[s] & BIT(i)) && seat[i] != 2 + s && (seat[i] >= 2 || !wasKnown) ->
      if
      :: seat[i] && where[i] == JOINED -> where[i] = OUT
      :: else
      fi;
      if
      :: seat[i] >= 2 -> present[seat[i] - 2] = present[seat[i] - 2] & ~BIT(i)
      :: else
      fi;
      seat[i] = 2 + s
    :: else
    fi
  }
  i = 0
}
#endif

/* MatchmakerCore.ended */
inline mEnded(c, s, a, reason, hasBegun) {
  printf("matchmaker: hears from coordinator %d that session %d, attempt %d, has ended: %e\n", c, s, a, reason);
  listed[c] = listed[c] | BIT(s);
#ifdef JLOSS
  if
  :: doubt[AT(c, s)] == a -> doubt[AT(c, s)] = 0
  :: else
  fi;
  higher(s, a);
#endif
  if
#ifdef JLOSS
#ifndef NO_RULE_13d
  :: isBlind == 1 && !hasBegun && !(known[s] && knownAttempt[s] >= a) ->
    printf("matchmaker: does not believe it yet\n");
    deferred[AT(c, s)] = a;
    deferredReason[AT(c, s)] = reason;
    if
    :: phase[s] == ACCEPTED && node[s] == c && attempt[s] == a -> confirmed[s] = 1
    :: else
    fi
#endif
#ifndef NO_RULE_13i
  :: phase[s] == ACCEPTED && attempt[s] < a && (hasBegun || isBlind != 1) ->
    if
    :: confirmed[s] && node[s] != c -> sendC(node[s], drop, s, attempt[s])
    :: else
    fi;
    dropDoubts(s, a);
    mEnd(s, a, reason, 1 + c)
#endif
  :: phase[s] == ABSENT && z -> sendC(c, endedAck, s, a)
#ifndef NO_RULE_13j
  :: phase[s] == ABSENT && !z && known[s] && knownAttempt[s] < a && hasLostJournal ->
    known[s] = 1;
    knownAttempt[s] = a;
    diskNodes[s] = diskNodes[s] | BIT(c);
    record(recordEnded, s, a, reason, 1 + c)
#endif
#endif
#ifdef NO_RULE_3b
  :: phase[s] != ABSENT -> mEnd(s, a, reason, 1 + c)
#else
  :: phase[s] != ABSENT && node[s] == c && attempt[s] == a -> mEnd(s, a, reason, 1 + c)
  :: phase[s] != ABSENT && !(node[s] == c && attempt[s] == a) ->
    /* An attempt that was taken back: nobody was ever inside. */
    sendC(c, endedAck, s, a)
#endif
#ifdef STALE_REPLACES_PRESUMED
  :: phase[s] == ABSENT && (known[s] == 0 || known[s] == 2) ->
#else
  :: phase[s] == ABSENT && (known[s] == 0 || (known[s] == 2 && knownAttempt[s] == a)) ->
#endif
    /* Unknown, or presumed until now. */
#ifdef NO_RULE_4b
    sendC(c, endedAck, s, a)
#else
    known[s] = 1;
    knownAttempt[s] = a;
    diskNodes[s] = diskNodes[s] | BIT(c);
#ifdef JLOSS
    dropDoubts(s, a);
#endif
    record(recordEnded, s, a, reason, 1 + c)
#endif
  :: else ->
    /* A repeat. It is acknowledged once all that was asked for before is on disk. */
#ifdef NO_RULE_4c
    skip
#else
    if
    :: len(journal) == 0 -> sendC(c, endedAck, s, a)
    :: else -> record(repeat, s, a, reason, 1 + c)
    fi
#endif
  fi;
  z = 0
}

#ifdef JLOSS
/* MatchmakerCore.adopt */
inline takeOn(c, s, a, isProven) {
  printf("matchmaker: takes on session %d, attempt %d, that coordinator %d holds\n", s, a, c);
  if
  :: phase[s] == ACCEPTED && confirmed[s] && node[s] != c -> sendC(node[s], drop, s, attempt[s])
  :: else
  fi;
  if
  :: isProven -> takeSeats(s, (phase[s] == ACCEPTED))
  :: else
  fi;
  phase[s] = ACCEPTED;
  node[s] = c;
  attempt[s] = a;
  confirmed[s] = 1;
  cancels[s] = 0;
  isDoubtful[s] = (isProven -> 0 : 1);
  record(recordMatched, s, a, c, 0)
}

/* x: a subject of the session is in another one, beyond doubt. */
inline isBusy(s) {
  x = 0;
  for (i : 0 .. NP - 1) {
    if
    :: (members[s] & BIT(i)) && seat[i] >= 2 && seat[i] != 2 + s -> 
#ifdef NO_RULE_13h
      x = 1
#else
      if
      :: !isDoubtful[seat[i] - 2] -> x = 1
      :: else
      fi
#endif
    :: else
    fi
  }
  i = 0
}

/* MatchmakerCore.receive: state */
inline mState(c, s, a) {
  isBusy(s);
  if
  :: phase[s] == ACCEPTED && node[s] == c && attempt[s] == a && isDoubtful[s] ->
    isDoubtful[s] = 0;
    takeSeats(s, 1)
  :: doubt[AT(c, s)] == a && x == 0 ->
    doubt[AT(c, s)] = 0;
    dropDoubts(s, a);
    takeOn(c, s, a, 1)
  :: else
  fi;
  x = 0
}

/* MatchmakerCore.holding */
inline mHolding(c, s, a, hasBegun) {
  listed[c] = listed[c] | BIT(s);
  isBusy(s);
  higher(s, a);
  if
  :: phase[s] == ACCEPTED && node[s] == c && attempt[s] == a ->
    confirmed[s] = 1;
    dropDoubts(s, a);
    if
    :: isDoubtful[s] && IS_PROVEN(hasBegun) -> isDoubtful[s] = 0; takeSeats(s, 1)
    :: else
    fi
#ifdef NO_RULE_13e
  :: phase[s] == ABSENT && known[s] == 0 && x == 0 && z == 0 ->
#else
  :: (phase[s] == ABSENT || (phase[s] == ACCEPTED && attempt[s] < a)) && known[s] == 0 && x == 0 && z == 0 ->
#endif
    dropDoubts(s, a);
    if
#ifdef NO_RULE_13o
    :: IS_PROVEN(hasBegun) || !isBlind -> doubt[AT(c, s)] = 0; takeOn(c, s, a, 1)
#else
    :: IS_PROVEN(hasBegun) -> doubt[AT(c, s)] = 0; takeOn(c, s, a, 1)
    :: !IS_PROVEN(hasBegun) && !isBlind ->
      printf("matchmaker: asks coordinator %d to end session %d, attempt %d, of which it knows nothing\n", c, s, a);
      doubt[AT(c, s)] = 0;
      sendC(c, cancel, s, a)
#endif
    :: !IS_PROVEN(hasBegun) && isBlind && phase[s] == ACCEPTED -> doubt[AT(c, s)] = 0; takeOn(c, s, a, 0)
    :: else ->
      printf("matchmaker: coordinator %d holds session %d, attempt %d, in doubt\n", c, s, a);
      doubt[AT(c, s)] = a
    fi
  :: else ->
    printf("matchmaker: coordinator %d holds session %d, attempt %d, which it should not: answers drop\n", c, s, a);
    doubt[AT(c, s)] = 0;
    sendC(c, drop, s, a)
  fi;
  x = 0;
  z = 0
}

/* MatchmakerCore.endHold: all who live have reported. */
inline mEndHold() {
  printf("matchmaker: has waited for grace and margin\n");
  isBlind = 2;
#ifndef NO_RULE_13m
  for (j : 0 .. NC - 1) {
    k = j;
    if
    :: mLink[k] && !hasInventory[k] -> mLinkDown(k) /* has lost its lease: what it has said meanwhile is not true any more */
    :: else
    fi;
    j = k
  }
  j = 0;
  k = 0;
#endif
  for (n : 1 .. NA) {
    for (k : 0 .. NS - 1) {
      for (j : 0 .. NC - 1) {
        if
        :: deferred[AT(j, k)] == NA + 1 - n ->
          deferred[AT(j, k)] = 0;
          mEnded(j, k, NA + 1 - n, deferredReason[AT(j, k)], 0);
          deferredReason[AT(j, k)] = 0
        :: else
        fi
      }
    }
  }
  n = 0;
  j = 0;
  for (k : 0 .. NS - 1) {
    if
    :: phase[k] == ACCEPTED && isDoubtful[k] && confirmed[k] ->
      cancels[k] = 1;
      sendC(node[k], cancel, k, attempt[k])
    :: phase[k] == ACCEPTED && isDoubtful[k] && !confirmed[k] && IS_READY(node[k]) ->
      mEnd(k, attempt[k], coordinator_lost, 0)
    :: else
    fi;
    for (j : 0 .. NC - 1) {
      if
      :: doubt[AT(j, k)] -> sendC(j, cancel, k, doubt[AT(j, k)])
      :: else
      fi
    }
  }
  k = 0;
  j = 0
#ifdef NO_RULE_13g
  ;
  for (k : 0 .. NC * NS - 1) { doubt[k] = 0 }
  k = 0
#endif
}
#else
/* MatchmakerCore.holding */
inline mHolding(c, s, a, hasBegun) {
#ifndef HELD_IS_NOT_LISTED
  listed[c] = listed[c] | BIT(s); /* it may end before it hears of the drop */
#endif
  x = 0;
  for (i : 0 .. NP - 1) {
    if
    :: (members[s] & BIT(i)) && seat[i] >= 2 -> x = 1
    :: else
    fi
  }
  i = 0;
  if
#ifdef NO_RULE_3c
  :: phase[s] == ACCEPTED ->
#else
  :: phase[s] == ACCEPTED && node[s] == c && attempt[s] == a ->
#endif
    confirmed[s] = 1
#ifdef NO_RULE_6
  :: phase[s] == ABSENT ->
#else
  :: phase[s] == ABSENT && known[s] == 0 && x == 0 ->
#endif
    printf("matchmaker: takes on session %d, attempt %d, that coordinator %d holds\n", s, a, c);
    for (i : 0 .. NP - 1) {
      if
      :: (members[s] & BIT(i)) ->
        if
        :: seat[i] == 1 -> where[i] = OUT
        :: else
        fi;
        seat[i] = 2 + s
      :: else
      fi
    }
    i = 0;
    phase[s] = ACCEPTED;
    node[s] = c;
    attempt[s] = a;
    confirmed[s] = 1;
    record(recordMatched, s, a, c, 0)
  :: else ->
    printf("matchmaker: coordinator %d holds session %d, attempt %d, which it should not: answers drop\n", c, s, a);
    sendC(c, drop, s, a)
  fi;
  x = 0
}
#endif

/* An outcome that no coordinator can send again is kept no longer, neither in memory nor in the journal. */
inline mForgetOutcomes(c) {
  for (j : 0 .. NS - 1) {
    if
    :: known[j] && diskOutcome[j] && (diskNodes[j] & BIT(c)) && !(listed[c] & BIT(j)) ->
#ifdef ONE_NODE_AN_OUTCOME
      if
      :: node[j] == c -> diskNodes[j] = 0
      :: else
      fi;
#else
      diskNodes[j] = diskNodes[j] & ~BIT(c);
#endif
      if
      :: diskNodes[j] == 0 ->
        known[j] = 0;
        knownAttempt[j] = 0;
        diskNode[j] = 0;
        diskAttempt[j] = 0;
        diskOutcome[j] = 0;
        diskOutcomeAttempt[j] = 0
      :: else
      fi
    :: else
    fi
  }
  j = 0
}

#ifdef NO_RULE_13k
#define MAY_SEND(s) (1)
#else
#define MAY_SEND(s) (!IS_DOUBTFUL(s))
#endif

/* MatchmakerCore.inventoryEnded */
inline mInventoryEnded(c) {
  printf("matchmaker: has the inventory of coordinator %d\n", c);
  hasInventory[c] = 1;
  for (j : 0 .. NS - 1) {
    if
#ifdef JLOSS
#ifndef NO_RULE_13f
    :: phase[j] == ACCEPTED && node[j] == c && !confirmed[j] && isBlind == 1 && isDoubtful[j] -> skip
#endif
#endif
    :: phase[j] == ACCEPTED && node[j] == c && !confirmed[j] ->
      printf("matchmaker: session %d is not in it, ends it as coordinator_lost\n", j);
      mEnd(j, attempt[j], coordinator_lost, 0)
    :: phase[j] == ACCEPTED && node[j] == c && confirmed[j] && cancels[j] -> sendC(c, cancel, j, attempt[j])
    :: phase[j] == ACCEPTED && node[j] == c && confirmed[j] && !cancels[j] && MAY_SEND(j) ->
      k = j;
      mTellAllMatched(k);
      j = k;
      k = 0
    :: else
    fi
  }
  j = 0;
#ifdef JLOSS
  for (j : 0 .. NS - 1) {
    if
    :: doubt[AT(c, j)] && !(listed[c] & BIT(j)) -> doubt[AT(c, j)] = 0
    :: doubt[AT(c, j)] && (listed[c] & BIT(j)) && isBlind == 2 -> sendC(c, cancel, j, doubt[AT(c, j)])
    :: else
    fi
  }
  j = 0;
#endif
  mForgetOutcomes(c);
  listed[c] = 0
}

/* MatchmakerCore.linkDown */
inline mLinkDown(c) {
  mLink[c] = 0;
  hasInventory[c] = 0;
  isOld[c] = 0;
  listed[c] = 0;
  empty4(toM[c]);
#ifdef JLOSS
  for (j : 0 .. NS - 1) { deferred[AT(c, j)] = 0; deferredReason[AT(c, j)] = 0 }
#endif
  for (j : 0 .. NS - 1) {
    if
    :: phase[j] == OFFERED && node[j] == c -> mTryAgain(j, NOBODY)
#ifdef NO_RULE_2
    :: phase[j] == ACCEPTED && node[j] == c ->
      present[j] = 0;
      mTryAgain(j, NOBODY)
#endif
    :: else
    fi
  }
  j = 0
}

/* MatchmakerCore.expireLeases */
inline mPresume(c) {
  printf("matchmaker: has not heard coordinator %d for grace and margin\n", c);
  if
  :: mLink[c] -> mLinkDown(c)
  :: else
  fi;
  for (j : 0 .. NS - 1) {
    if
    :: phase[j] == RECORDING && node[j] == c -> mTryAgain(j, NOBODY)
    :: phase[j] == ACCEPTED && node[j] == c -> mEnd(j, attempt[j], presumed_lost, 0)
    :: else
    fi;
#ifdef JLOSS
    doubt[AT(c, j)] = 0
#endif
  }
  j = 0
}

/* MatchmakerCore.assignTimedOut */
inline mAssignTimedOut(s) {
  printf("matchmaker: coordinator %d does not answer for session %d\n", node[s], s);
  sendC(node[s], drop, s, attempt[s]);
  k = node[s];
  mTryAgain(s, k);
  k = 0
}

/* MatchmakerCore.match: the first subjects that wait */
inline mMatch(c) {
  x = 0;
  for (i : 0 .. NP - 1) {
    if
    :: seat[i] == 1 && x < GROUP ->
      x++;
      seat[i] = 2 + sessions;
      members[sessions] = members[sessions] | BIT(i);
      if
      :: where[i] == JOINED -> present[sessions] = present[sessions] | BIT(i)
      :: else
      fi
    :: else
    fi
  }
  i = 0;
  x = 0;
  attempt[sessions] = 1;
  k = sessions;
  sessions++;
  printf("matchmaker: makes session %d\n", k);
  mRecord(k, c);
  k = 0
}

/* What a record of session k changes on disk: n is its kind, x the attempt, i the node or reason. */
inline onDisk() {
  if
  :: n == recordMatched ->
    diskNode[k] = 1 + i;
    diskAttempt[k] = x;
    diskNodes[k] = diskNodes[k] | BIT(i);
#ifdef JLOSS
    if
    :: x == 1 -> diskFirst[k] = 1 + i
    :: else
    fi
#endif
  :: n == recordEnded ->
    diskOutcome[k] = i;
    diskOutcomeAttempt[k] = x;
    publish(k, x, i)
#ifdef JLOSS
  :: n == recordMark -> diskHold = 0
#endif
  :: else
  fi
}

/* MatchmakerCore.offerRecorded and .tellRecorded: the oldest record has reached the disk. */
inline mPersisted() {
  journal?n, k, x, i, j; /* record, session, attempt, detail, 1 + whom to acknowledge */
  if
  :: n == recordMatched ->
    printf("matchmaker: journal has session %d, attempt %d, at coordinator %d\n", k, x, i);
    onDisk();
    if
    :: phase[k] == RECORDING && node[k] == i && attempt[k] == x ->
      if
      :: IS_READY(i) ->
        phase[k] = OFFERED;
        printf("matchmaker: assigns session %d, attempt %d, to coordinator %d\n", k, x, i);
        sendC(i, assign, k, x);
        i = 0
      :: else ->
        i = 0;
        mTryAgain(k, NOBODY)
      fi
    :: else -> i = 0
    fi
  :: n == recordEnded ->
    onDisk();
    x = i;
    i = 0;
    if
    :: j -> sendC(j - 1, endedAck, k, diskOutcomeAttempt[k])
    :: else
    fi;
    j = 0;
    for (j : 0 .. NP - 1) {
      if
      :: untold[j] == 1 + k ->
        untold[j] = 0;
        if
#ifdef NO_RULE_14
        :: REQUEUES(x) && x != presumed_lost ->
#else
        :: REQUEUES(x) ->
#endif
          printf("            subject %d goes back to wait\n", j);
          seat[j] = 1;
          resume[j] = 0
        :: else ->
          tell(j, k, diskOutcomeAttempt[k], (x == presumed_lost -> coordinator_lost : x));
          where[j] = OUT;
          resume[j] = 0
        fi
#ifdef NO_RULE_15
      :: x == cancelled && untold[j] != 1 + k && (members[k] & BIT(j)) && seat[j] == 0 ->
        printf("matchmaker: puts subject %d back in the queue\n", j);
        seat[j] = 1
#endif
      :: else
      fi
    }
#ifdef JLOSS
  :: n == recordMark -> onDisk()
#endif
  :: else -> sendC(j - 1, endedAck, k, x)
  fi;
  i = 0; j = 0; k = 0; n = 0; x = 0
}

/* Crash of the matchmaker: the first n records that were not synced are on disk all the same. */
inline mCrash(kept) {
  printf("matchmaker: CRASHES; %d of %d records that were not synced are kept\n", kept, len(journal));
  mUp = 0;
  isBlind = 0;
  do
  :: len(journal) > 0 && kept > 0 ->
    journal?n, k, x, i, _;
    onDisk();
    kept--
  :: len(journal) > 0 && kept == 0 -> journal?_, _, _, _, _
  :: len(journal) == 0 -> break
  od;
  n = 0; k = 0; x = 0;
  for (i : 0 .. NS - 1) {
    phase[i] = ABSENT;
    node[i] = 0;
    attempt[i] = 0;
    present[i] = 0;
    cancels[i] = 0;
    confirmed[i] = 0;
    known[i] = 0;
#ifdef JLOSS
    isDoubtful[i] = 0;
#endif
    knownAttempt[i] = 0
  }
#ifdef JLOSS
  for (i : 0 .. NC * NS - 1) { doubt[i] = 0; deferred[i] = 0; deferredReason[i] = 0 }
#endif
  for (i : 0 .. NP - 1) {
    seat[i] = 0;
    untold[i] = 0;
    if
    :: where[i] == JOINED -> where[i] = OUT
    :: else
    fi
  }
  for (i : 0 .. NC - 1) {
    mLink[i] = 0;
    hasInventory[i] = 0;
    isOld[i] = 0;
    listed[i] = 0;
    empty4(toM[i])
  }
  i = 0
}

#ifdef JLOSS
/* The journal, or some of it, is lost. Of each session `kept` says in two bits what is left: nothing, the record of its first
   attempt, all but its outcome, all. */
inline loseJournal(kept) {
  printf("matchmaker: its JOURNAL is lost, but for %d\n", kept);
  hasLostJournal++;
#ifndef NO_RULE_13a
  diskHold = 1;
#endif
  for (i : 0 .. NS - 1) {
    if
    :: final[i] -> isExcused[i] = 1
    :: else
    fi;
    x = (kept >> (2 * i)) & 3;
    if
    :: x == 0 || (x == 1 && diskFirst[i] == 0) ->
      diskNode[i] = 0;
      diskNodes[i] = 0;
      diskAttempt[i] = 0;
      diskFirst[i] = 0
    :: x == 1 && diskFirst[i] ->
      diskNode[i] = diskFirst[i];
      diskNodes[i] = BIT(diskFirst[i] - 1);
      diskAttempt[i] = 1
    :: else
    fi;
    if
    :: x < 3 ->
      diskOutcome[i] = 0;
      diskOutcomeAttempt[i] = 0
    :: else
    fi
  }
  i = 0;
  x = 0
}
#endif

/* MatchmakerCore.restore */
inline mRestart() {
  mUp = 1;
  printf("matchmaker: RESTARTS\n");
#ifdef JLOSS
#ifndef NO_RULE_13l
  isBlind = diskHold;
#endif
#endif
  for (i : 0 .. NS - 1) {
    if
    :: diskOutcome[i] ->
      known[i] = (diskOutcome[i] == presumed_lost -> 2 : 1);
      knownAttempt[i] = diskOutcomeAttempt[i]
    :: diskNode[i] && !diskOutcome[i] ->
      phase[i] = ACCEPTED;
      node[i] = diskNode[i] - 1;
      attempt[i] = diskAttempt[i];
#ifdef JLOSS
      isDoubtful[i] = diskHold;
#endif
      for (j : 0 .. NP - 1) {
        if
        :: members[i] & BIT(j) -> seat[j] = 2 + i /* a later session says that it was released from the earlier */
        :: else
        fi
      }
      j = 0
    :: else
    fi
  }
  i = 0
}

/* MatchmakerCore.linkProven, CoordinatorCore.linkCameUp: the handshake and the inventory */
inline connect(c) {
  printf("coordinator %d: connects\n", c);
  if
  :: mLink[c] -> mLinkDown(c)
  :: else
  fi;
  empty3(toC[c]);
  mLink[c] = 1;
  cLink[c] = 1;
  hasInventory[c] = 0;
  listed[c] = 0;
#ifdef NO_RULE_11
  for (j : 0 .. NS - 1) {
    if
    :: phase[j] == ACCEPTED && node[j] == c && lease[c] == NONE -> mEnd(j, attempt[j], coordinator_lost, 0)
    :: else
    fi
  }
#endif
  lease[c] = VALID;
  for (j : 0 .. NS - 1) {
    if
    :: node[j] == c -> confirmed[j] = 0
    :: else
    fi
  }
  awaited[c] = 0;
  for (j : 0 .. NS - 1) {
    if
    :: held[AT(c, j)] -> sendM(c, holding, j, held[AT(c, j)], BEGAN(c, j))
    :: else
    fi;
#ifdef NO_RULE_7b
#define MUST_WAIT(c, s) (0)
#else
#ifdef ACKS_MAY_COME_LATER
#define MUST_WAIT(c, s) (outbox[AT(c, s)] == UNSYNCED)
#else
#define MUST_WAIT(c, s) (outbox[AT(c, s)] && outbox[AT(c, s)] != SYNCED)
#endif
#endif
    if
    :: MUST_WAIT(c, j) -> awaited[c] = awaited[c] | BIT(j)
#ifndef NO_RULE_7c
    :: outbox[AT(c, j)] == SYNCED -> sendM(c, ended, j, outAttempt[AT(c, j)], END_OF(c, j))
#endif
    :: else
    fi
  }
  j = 0;
  if
  :: awaited[c] == 0 ->
    awaited[c] = SENT;
    sendM(c, inventoryEnd, 0, 0, 0)
  :: else
  fi
}

#define WAITING(p) (seat[p] == 1)
#if NP == 1
#define WAITERS (WAITING(0))
#elif NP == 2
#define WAITERS (WAITING(0) + WAITING(1))
#else
#define WAITERS (WAITING(0) + WAITING(1) + WAITING(2))
#endif
#define CAN_MATCH (mUp && !isBlind && sessions < NS && WAITERS >= GROUP)
#define HAS_REPORTED(c) ((mLink[c] && hasInventory[c]) || !cUp[c] || lease[c] != VALID)
#define IS_AT(s, c) (phase[s] == ACCEPTED && node[s] == c)
#if NS == 1
#define OWNS_ANY(c) (IS_AT(0, c))
#elif NS == 2
#define OWNS_ANY(c) (IS_AT(0, c) || IS_AT(1, c))
#else
#define OWNS_ANY(c) (IS_AT(0, c) || IS_AT(1, c) || IS_AT(2, c))
#endif
#ifdef JLOSS
#if NS == 1
#define DOUBTS_ANY(c) (doubt[AT(c, 0)])
#define DOUBTS_ONE (phase[0] == ACCEPTED && isDoubtful[0])
#else
#define DOUBTS_ANY(c) (doubt[AT(c, 0)] || doubt[AT(c, 1)])
#define DOUBTS_ONE ((phase[0] == ACCEPTED && isDoubtful[0]) || (phase[1] == ACCEPTED && isDoubtful[1]))
#endif
#else
#define DOUBTS_ANY(c) 0
#endif
/* What it awaits since it has begun it does not presume lost before the hold is over. */
#define CAN_PRESUME(c) (isBlind != 1 && (OWNS_ANY(c) || DOUBTS_ANY(c)) && (!cUp[c] || lease[c] != VALID))

inline mReceive(c) {
  if
  :: m == accepted -> mAccepted(c, s, a)
  :: m == refused -> mRefused(c, s, a)
  :: m == ended -> k = r & 63; mEnded(c, s, a, k, (r >> 6)); k = 0
  :: m == holding -> mHolding(c, s, a, r)
#ifdef JLOSS
  :: m == state -> mState(c, s, a)
#endif
  :: m == inventoryEnd -> mInventoryEnded(c)
  fi
}

proctype matchmaker() {
  byte m, s, a, r;
end:
  do
  :: d_step { mUp && mLink[0] && nempty(toM[0]) -> toM[0]?m, s, a, r; mReceive(0); m = 0; s = 0; a = 0; r = 0 }
#if NC > 1
  :: d_step { mUp && mLink[1] && nempty(toM[1]) -> toM[1]?m, s, a, r; mReceive(1); m = 0; s = 0; a = 0; r = 0 }
#endif
  :: d_step { mUp && nempty(journal) -> mPersisted() }
  :: d_step { CAN_MATCH && IS_READY(0) -> mMatch(0) }
#if NC > 1
  /* Coordinators are alike: the one that is given the first session is called 0. */
  :: d_step { CAN_MATCH && IS_READY(1) && sessions > 0 -> mMatch(1) }
#endif
  /* The link has gone at the other end, or goes here first. */
  :: d_step { mUp && mLink[0] && (!cLink[0] || isOld[0]) -> printf("matchmaker: sees that the link to coordinator 0 is down\n"); mLinkDown(0) }
#if NC > 1
  :: d_step { mUp && mLink[1] && (!cLink[1] || isOld[1]) -> printf("matchmaker: sees that the link to coordinator 1 is down\n"); mLinkDown(1) }
#endif
#ifdef CUT
  :: d_step { mUp && mLink[0] && cLink[0] && !isOld[0] && MAY_FAIL -> faults--; printf("matchmaker: LINK to coordinator 0 is down at this end\n"); mLinkDown(0) }
#if NC > 1
  :: d_step { mUp && mLink[1] && cLink[1] && !isOld[1] && MAY_FAIL -> faults--; printf("matchmaker: LINK to coordinator 1 is down at this end\n"); mLinkDown(1) }
#endif
#endif
  /* Its own deadline comes after the coordinator's: lease.pml. */
  :: d_step { mUp && CAN_PRESUME(0) -> mPresume(0) }
#if NC > 1
  :: d_step { mUp && CAN_PRESUME(1) -> mPresume(1) }
#endif
#ifdef TIMEOUT
  :: d_step { mUp && phase[0] == OFFERED && MAY_FAIL -> faults--; mAssignTimedOut(0) }
#if NS > 1
  :: d_step { mUp && phase[1] == OFFERED && MAY_FAIL -> faults--; mAssignTimedOut(1) }
#endif
#if NS > 2
  :: d_step { mUp && phase[2] == OFFERED && MAY_FAIL -> faults--; mAssignTimedOut(2) }
#endif
#endif
#ifdef NO_RULE_5
  :: d_step { mUp && known[0] && diskOutcome[0] && len(journal) == 0 -> printf("matchmaker: the tombstone of session 0 expires\n"); known[0] = 0; knownAttempt[0] = 0; final[0] = final[0] }
#endif
#ifdef CRASHM
  :: d_step { mUp && MAY_FAIL -> faults--; m = 0; mCrash(m) }
  :: d_step { mUp && MAY_FAIL && len(journal) > 0 -> faults--; m = 1; mCrash(m) }
  :: d_step { mUp && MAY_FAIL && len(journal) > 1 -> faults--; m = 2; mCrash(m) }
  :: d_step { mUp && MAY_FAIL && len(journal) > 2 -> faults--; m = len(journal); mCrash(m) }
  :: d_step { !mUp -> mRestart() }
#endif
#ifdef JLOSS
#ifndef JLOSSES
#define JLOSSES 1
#endif
  :: atomic {
       mUp && MAY_FAIL && hasLostJournal < JLOSSES ->
       m = 0;
#ifdef JDAMAGE
       if
       :: m = 0
       :: m = 1
       :: m = 2
       :: m = 3
#if NS > 1
       :: m = 4
       :: m = 5
       :: m = 6
       :: m = 7
       :: m = 8
       :: m = 9
       :: m = 10
       :: m = 11
       :: m = 12
       :: m = 13
       :: m = 14
       :: m = 15
#endif
       fi;
#endif
       d_step { faults--; r = m; m = 0; mCrash(m); m = r; loseJournal(m); mRestart(); isBlind = diskHold; m = 0; r = 0 }
     }
  /* Grace and margin have passed: who has not reported has lost its lease. */
  :: d_step { mUp && isBlind == 1 && HAS_REPORTED(0) && HAS_REPORTED(NC - 1) -> mEndHold() }
  :: d_step { mUp && isBlind == 2 && !DOUBTS_ANY(0) && !DOUBTS_ANY(NC - 1) && !DOUBTS_ONE -> printf("matchmaker: matches again\n"); isBlind = 0;
#ifdef NO_RULE_13n
    diskHold = 0
#else
    record(recordMark, 0, 0, 0, 0)
#endif
  }
#endif
  od
}

/* ==== Coordinator ==== */

/* CoordinatorCore.end */
inline cEnd(c, s, reason) {
  printf("coordinator %d: ends session %d, attempt %d: %e\n", c, s, held[AT(c, s)], reason);
  outReason[AT(c, s)] = reason;
  outAttempt[AT(c, s)] = held[AT(c, s)];
  outbox[AT(c, s)] = UNSYNCED;
  held[AT(c, s)] = 0;
#ifdef JLOSS
  outBegan[AT(c, s)] = began[AT(c, s)];
  began[AT(c, s)] = 0;
#endif
  sendM(c, ended, s, outAttempt[AT(c, s)], END_OF(c, s))
}

/* CoordinatorCore.assign */
inline cAssign(c, s, a) {
  x = 0; /* a subject of it plays here already, or somebody has entered an older attempt */
  n = 0;
  for (i : 0 .. NS - 1) {
    if
    :: i != s && held[AT(c, i)] && (members[i] & members[s]) -> x = 1
    :: else
    fi
  }
  for (i : 0 .. NP - 1) {
    if
    :: where[i] == INSIDE && toNode[i] == c && toSession[i] == s -> n = 1
    :: else
    fi
  }
  i = 0;
  if
  :: held[AT(c, s)] == a -> sendM(c, accepted, s, a, 0)
  :: held[AT(c, s)] != a && IN_OUTBOX(c, s) ->
    sendM(c, ended, s, outAttempt[AT(c, s)], END_OF(c, s));
    if
    :: outAttempt[AT(c, s)] != a -> sendM(c, refused, s, a, 0)
    :: else
    fi
  :: held[AT(c, s)] != a && !IN_OUTBOX(c, s) ->
    if
    :: outbox[AT(c, s)] || x || held[AT(c, s)] > a || (held[AT(c, s)] && n) ->
      printf("coordinator %d: refuses session %d, attempt %d\n", c, s, a);
      sendM(c, refused, s, a, 0)
    :: else ->
      printf("coordinator %d: accepts session %d, attempt %d\n", c, s, a);
      held[AT(c, s)] = a;
#ifdef JLOSS
      began[AT(c, s)] = 0;
#endif
      sendM(c, accepted, s, a, 0);
      promise1()
    fi
  fi;
  x = 0;
  n = 0
}

/* CoordinatorCore.tell: a release goes with it. */
inline cTell(p, c, s, release) {
  tell(p, s, outAttempt[AT(c, s)], outReason[AT(c, s)]);
  where[p] = OUT;
  toNode[p] = 0;
  toSession[p] = 0;
  toAttempt[p] = 0;
  resume[p] = release
}

/* CoordinatorCore.acknowledged */
inline cAcknowledged(c, s, a) {
  if
  :: IN_OUTBOX(c, s) && outAttempt[AT(c, s)] == a ->
    printf("coordinator %d: session %d is acknowledged\n", c, s);
    must(3, IS_EXCUSED(s) || finalAttempt[s] != a || final[s] == 0 || final[s] == presumed_lost || final[s] == outReason[AT(c, s)]); /* the same on both sides */
    outbox[AT(c, s)] = (outbox[AT(c, s)] == SYNCED -> ACKED : ACKED_EARLY);
    for (i : 0 .. NP - 1) {
      if
      :: where[i] == INSIDE && toNode[i] == c && toSession[i] == s -> cTell(i, c, s, 1 + s)
      :: else
      fi
    }
    i = 0
  :: else
  fi
}

/* CoordinatorCore.cancel */
inline cCancel(c, s, a) {
  if
  :: held[AT(c, s)] == a -> cEnd(c, s, cancelled)
  :: held[AT(c, s)] == 0 && IN_OUTBOX(c, s) && !(awaited[c] != SENT && (awaited[c] & BIT(s))) ->
    sendM(c, ended, s, outAttempt[AT(c, s)], END_OF(c, s))
  :: else
  fi
}

/* CoordinatorCore.drop */
inline cDrop(c, s, a) {
  if
  :: held[AT(c, s)] == a ->
    printf("coordinator %d: forgets session %d, attempt %d\n", c, s, a);
    held[AT(c, s)] = 0;
#ifdef JLOSS
    began[AT(c, s)] = 0;
#endif
    for (i : 0 .. NP - 1) {
      if
      :: where[i] == INSIDE && toNode[i] == c && toSession[i] == s ->
        must(1, false) /* somebody is inside */
      :: else
      fi
    }
    i = 0
  :: else
  fi
}

inline cLinkDown(c) {
  cLink[c] = 0;
  awaited[c] = SENT;
  empty3(toC[c])
}

/* CoordinatorCore.expireLease */
inline cExpireLease(c) {
  printf("coordinator %d: has lost its lease\n", c);
  lease[c] = NONE;
  if
  :: cLink[c] -> cLinkDown(c)
  :: else
  fi;
  for (j : 0 .. NS - 1) {
    if
    :: held[AT(c, j)] -> cEnd(c, j, coordinator_lost)
    :: else
    fi
  }
  j = 0
}

/* CoordinatorCore.persisted */
inline cPersisted(c, s) {
  if
  :: outbox[AT(c, s)] == UNSYNCED ->
    printf("coordinator %d: outbox has the end of session %d\n", c, s);
    outbox[AT(c, s)] = SYNCED;
    if
    :: awaited[c] != SENT && (awaited[c] & BIT(s)) -> sendM(c, ended, s, outAttempt[AT(c, s)], END_OF(c, s))
    :: else
    fi
  :: outbox[AT(c, s)] == ACKED_EARLY -> outbox[AT(c, s)] = ACKED
  :: outbox[AT(c, s)] == ACKED ->
    outbox[AT(c, s)] = 0;
#ifdef JLOSS
    outBegan[AT(c, s)] = 0;
#endif
    outReason[AT(c, s)] = 0;
    outAttempt[AT(c, s)] = 0
  fi;
  if
  :: awaited[c] != SENT && !MUST_WAIT(c, s) && (awaited[c] & BIT(s)) ->
    awaited[c] = awaited[c] & ~BIT(s);
    if
    :: awaited[c] == 0 ->
      awaited[c] = SENT;
      sendM(c, inventoryEnd, 0, 0, 0)
    :: else
    fi
  :: else
  fi
}

/* Crash of a coordinator: what was not synced is kept for the sessions in `kept`, and lost for the others. */
inline cCrash(c, kept) {
#ifdef NO_RULE_12
  printf("coordinator %d: A SECOND PROCESS takes its name, and its folder\n", c);
#else
  printf("coordinator %d: CRASHES\n", c);
#endif
  cUp[c] = 0;
  lease[c] = NONE;
  if
  :: mLink[c] -> isOld[c] = 1
  :: else
  fi;
  cLinkDown(c);
  for (i : 0 .. NS - 1) {
#ifdef NO_RULE_12
    twin[AT(c, i)] = held[AT(c, i)];
#endif
#ifdef JLOSS
    began[AT(c, i)] = 0;
    if
    :: held[AT(c, i)] || outbox[AT(c, i)] == UNSYNCED -> isCopyLost[i] = 1
    :: else
    fi;
#endif
    held[AT(c, i)] = 0;
    if
    :: outbox[AT(c, i)] == UNSYNCED && (kept & BIT(i)) -> outbox[AT(c, i)] = SYNCED
    :: outbox[AT(c, i)] == ACKED && !(kept & BIT(i)) -> outbox[AT(c, i)] = SYNCED
    :: outbox[AT(c, i)] == ACKED_EARLY && (kept & BIT(i)) -> outbox[AT(c, i)] = SYNCED
    :: outbox[AT(c, i)] == SYNCED
    :: else ->
      outbox[AT(c, i)] = 0;
#ifdef JLOSS
      outBegan[AT(c, i)] = 0;
#endif
      outReason[AT(c, i)] = 0;
      outAttempt[AT(c, i)] = 0
    fi
  }
  for (i : 0 .. NP - 1) {
    if
    :: where[i] == INSIDE && toNode[i] == c ->
      where[i] = OUT;
      toNode[i] = 0;
      toSession[i] = 0;
      toAttempt[i] = 0
    :: else
    fi
  }
  i = 0
}

#define DONE_WITH_MESSAGE m = 0; s = 0; a = 0

proctype coordinator(byte c) {
  byte m, s, a;
end:
  do
  :: d_step {
       AWAKE(c) && cLink[c] && nempty(toC[c]) ->
       toC[c]?m, s, a;
       if
       :: m == assign -> cAssign(c, s, a)
       :: m == endedAck -> cAcknowledged(c, s, a)
       :: m == cancel -> cCancel(c, s, a)
       :: m == drop -> cDrop(c, s, a)
       fi;
       DONE_WITH_MESSAGE
     }
#ifdef REFUSE
  :: d_step {
       AWAKE(c) && cLink[c] && toC[c]?[assign, _, _] && MAY_FAIL ->
       faults--;
       toC[c]?m, s, a;
       printf("coordinator %d: is full or draining, REFUSES session %d, attempt %d\n", c, s, a);
       sendM(c, refused, s, a, 0);
       DONE_WITH_MESSAGE
     }
#endif
  :: d_step { AWAKE(c) && held[AT(c, 0)] -> cEnd(c, 0, OWN(c)) }
  :: d_step { AWAKE(c) && outbox[AT(c, 0)] && outbox[AT(c, 0)] != SYNCED -> cPersisted(c, 0) }
#if NS > 1
  :: d_step { AWAKE(c) && held[AT(c, 1)] -> cEnd(c, 1, OWN(c)) }
  :: d_step { AWAKE(c) && outbox[AT(c, 1)] && outbox[AT(c, 1)] != SYNCED -> cPersisted(c, 1) }
#endif
#if NS > 2
  :: d_step { AWAKE(c) && held[AT(c, 2)] -> cEnd(c, 2, OWN(c)) }
  :: d_step { AWAKE(c) && outbox[AT(c, 2)] && outbox[AT(c, 2)] != SYNCED -> cPersisted(c, 2) }
#endif
  :: d_step { AWAKE(c) && !cLink[c] && mUp && !isOld[c] -> connect(c) }
  :: d_step { AWAKE(c) && cLink[c] && !mLink[c] -> printf("coordinator %d: sees that the link is down\n", c); cLinkDown(c) }
#ifdef CUT
  :: d_step { AWAKE(c) && cLink[c] && mLink[c] && MAY_FAIL -> faults--; printf("coordinator %d: LINK is down at this end\n", c); cLinkDown(c) }
#endif
#ifdef LEASE
  :: d_step { cUp[c] && lease[c] == VALID && MAY_FAIL -> faults--; printf("            TIME: the lease of coordinator %d is over\n", c); lease[c] = OVER }
#endif
  :: d_step { cUp[c] && lease[c] == OVER -> cExpireLease(c) }
#ifdef CRASHC
  :: d_step { cUp[c] && MAY_FAIL -> faults--; m = 0; cCrash(c, m); DONE_WITH_MESSAGE }
  :: d_step { cUp[c] && MAY_FAIL && outbox[AT(c, 0)] && outbox[AT(c, 0)] != SYNCED -> faults--; m = 1; cCrash(c, m); DONE_WITH_MESSAGE }
#if NS > 1
  :: d_step { cUp[c] && MAY_FAIL && outbox[AT(c, 1)] && outbox[AT(c, 1)] != SYNCED -> faults--; m = 2; cCrash(c, m); DONE_WITH_MESSAGE }
  :: d_step { cUp[c] && MAY_FAIL && outbox[AT(c, 0)] && outbox[AT(c, 0)] != SYNCED && outbox[AT(c, 1)] && outbox[AT(c, 1)] != SYNCED -> faults--; m = 3; cCrash(c, m); DONE_WITH_MESSAGE }
#endif
  :: d_step { !cUp[c] -> printf("coordinator %d: RESTARTS\n", c); cUp[c] = 1 }
#ifdef NO_RULE_12
  :: d_step {
       twin[AT(c, 0)] ->
       printf("coordinator %d: its older process has lost its lease\n", c);
       for (i : 0 .. NS - 1) { twin[AT(c, i)] = 0 }
       i = 0
     }
#endif
#endif
  od
}

/* ==== Subjects ==== */

/* MatchmakerCore.join */
inline join(p) {
  if
  :: resume[p] -> printf("subject %d: joins with a release from session %d\n", p, resume[p] - 1)
  :: else -> printf("subject %d: joins\n", p)
  fi;
  where[p] = JOINED;
#ifdef JLOSS
  if
  :: resume[p] && isBlind && seat[p] != resume[p] + 1 -> spent[p] = spent[p] | BIT(resume[p] - 1)
  :: else
  fi;
#endif
  if
  :: seat[p] >= 2 && resume[p] == seat[p] - 1 ->
    present[seat[p] - 2] = present[seat[p] - 2] & ~BIT(p);
    seat[p] = 1
#ifdef NO_RULE_13b
  :: seat[p] >= 2 && resume[p] != seat[p] - 1 && !confirmed[seat[p] - 2] -> seat[p] = 1
  :: seat[p] >= 2 && resume[p] != seat[p] - 1 && confirmed[seat[p] - 2] ->
#else
  :: seat[p] >= 2 && resume[p] != seat[p] - 1 ->
#endif
    k = seat[p] - 2;
    present[k] = present[k] | BIT(p);
    if
#ifdef NO_RULE_9
    :: phase[k] == ACCEPTED && !cancels[k] ->
#else
    :: phase[k] == ACCEPTED && !cancels[k] && IS_READY(node[k]) && MAY_SEND(k) ->
#endif
      tellMatched(k, p);
      promise1()
    :: else
    fi;
    k = 0
  :: seat[p] < 2 ->
    seat[p] = 1
  fi;
  resume[p] = 0
}

inline leaveAll(p) {
  where[p] = OUT;
  toNode[p] = 0;
  toSession[p] = 0;
  toAttempt[p] = 0
}

#define SEAT_OF(p) (seat[p] - 2)

#ifdef NO_RULE_7a
#define IS_KEPT(c, s) (IN_OUTBOX(c, s))
#else
#define IS_KEPT(c, s) (outbox[AT(c, s)] == SYNCED)
#endif
#ifdef NO_RULE_8a
#define MAY_TELL(c, s) (IS_KEPT(c, s))
#else
#define MAY_TELL(c, s) (IS_KEPT(c, s) && !cLink[c])
#endif

proctype subject(byte p) {
end:
  do
  :: d_step { where[p] == OUT && mUp && !hasQuit[p] -> join(p) }
  :: d_step {
       where[p] == GOING && AWAKE(toNode[p]) ->
       if
       :: held[AT(toNode[p], toSession[p])] == toAttempt[p] ->
         printf("subject %d: enters session %d at coordinator %d\n", p, toSession[p], toNode[p]);
         where[p] = INSIDE;
#ifdef JLOSS
         x = 1;
         n = toNode[p];
         k = toSession[p];
         for (i : 0 .. NP - 1) {
           if
           :: (members[k] & BIT(i)) && !(where[i] == INSIDE && toNode[i] == n && toSession[i] == k) -> x = 0
           :: else
           fi
         }
         i = 0;
         if
         :: x && !began[AT(n, k)] ->
           began[AT(n, k)] = 1;
           sendM(n, state, k, held[AT(n, k)], 0)
         :: else
         fi;
         x = 0;
         n = 0;
         k = 0
#endif
       :: held[AT(toNode[p], toSession[p])] != toAttempt[p] && IN_OUTBOX(toNode[p], toSession[p]) &&
         outAttempt[AT(toNode[p], toSession[p])] == toAttempt[p] ->
         printf("subject %d: comes too late to session %d, and waits to be told\n", p, toSession[p]);
         where[p] = INSIDE
       :: else ->
         printf("subject %d: is refused by coordinator %d\n", p, toNode[p]);
         leaveAll(p)
       fi
     }
  :: d_step { where[p] == GOING && !cUp[toNode[p]] -> printf("subject %d: cannot reach coordinator %d\n", p, toNode[p]); leaveAll(p) }
  /* CoordinatorCore.tellThoseDue: while the link is down, what is on the coordinator's own disk is enough. */
  :: d_step {
       where[p] == INSIDE && AWAKE(toNode[p]) && MAY_TELL(toNode[p], toSession[p]) ->
       x = toNode[p];
       n = toSession[p];
#ifdef NO_RULE_8b
       cTell(p, x, n, 0);
#else
       cTell(p, x, n, (cLink[x] -> 0 : 1 + n));
#endif
       x = 0;
       n = 0
     }
#ifdef VANISH
  :: d_step {
       where[p] != OUT && MAY_FAIL ->
       faults--;
       printf("subject %d: VANISHES\n", p);
       if
       :: where[p] == JOINED ->
         untold[p] = 0;
         if
         :: seat[p] == 1 -> seat[p] = 0
         :: seat[p] >= 2 -> present[SEAT_OF(p)] = present[SEAT_OF(p)] & ~BIT(p)
         :: else
         fi
       :: else
       fi;
       leaveAll(p)
     }
#endif
#ifdef QUIT
  :: d_step { where[p] == OUT && !hasQuit[p] && faults < FAULTS -> printf("subject %d: gives up\n", p); hasQuit[p] = 1; resume[p] = 0 }
#endif
  od
}

/* ==== When nothing more can happen, everything has settled. ==== */
proctype quiet() {
end:
  timeout ->
  d_step {
    for (i : 0 .. NS - 1) {
      must(2, phase[i] == ABSENT && (diskNode[i] == 0 || diskOutcome[i])); /* every session has ended */
      for (j : 0 .. NP - 1) { must(3, tickets[j * NS + i] == 0 || final[i] || IS_COPY_LOST(i)) } /* with an outcome */
      for (j : 0 .. NC - 1) { must(2, held[AT(j, i)] == 0 && outbox[AT(j, i)] == 0) }
    }
    for (i : 0 .. NP - 1) {
      must(2, seat[i] < 2 && untold[i] == 0);
      must(2, seat[i] != 1 || where[i] == JOINED); /* who is in a room is there */
      must(5, where[i] != JOINED || seat[i] == 1); /* who is there is in a room */
      must(5, where[i] == JOINED || (where[i] == OUT && hasQuit[i])); /* nobody is left in a session that is over */
      for (j : 0 .. NS - 1) { must(4, told[i * NS + j] == 0 || told[i * NS + j] == final[j] || (IS_EXCUSED(j) && final[j])) }
    }
    i = 0;
    j = 0
  }
}

init {
  atomic {
    run matchmaker();
    run coordinator(0);
#if NC > 1
    run coordinator(1);
#endif
    run subject(0);
#if NP > 1
    run subject(1);
#endif
#if NP > 2
    run subject(2);
#endif
    run quiet()
  }
}

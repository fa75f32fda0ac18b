/* The lease alone, on a clock: whether two sides can own one session. This is what handoff.pml takes for granted when it
 * lets the matchmaker presume a loss only after the coordinator's lease has run out.
 *
 * Both processes read one clock that moves on by itself, and look at it only when they take a step: between two steps a
 * process may have stalled for as long as it likes. The link carries pings and pongs, in order, each for any time; it may
 * be cut and made again, and then what was on its way is lost or still read, by one end only. */

#ifndef GRACE
#define GRACE 3
#endif
#ifndef MARGIN
#define MARGIN 1
#endif
#ifndef END
#define END 9 /* the clock stops here */
#endif
#ifndef CUTS
#define CUTS 1
#endif
#ifdef NO_RULE_10e
#define MARGIN_KEPT 0
#else
#define MARGIN_KEPT MARGIN
#endif
#define QUEUE 3
#define WELCOME 255

byte clock;
byte cuts = CUTS;

/* Coordinator: Lease.swift, Link.swift */
#define DOWN 0
#define UP 1
#define DIALLING 2 /* has proven itself and waits for the welcome */
byte cUp = UP;       /* its end of the link */
byte holds = 1;      /* the session, with a player who has a ticket */
byte leaseFrom;      /* Lease.fromMs */
byte lastPing;       /* LinkState.Link.lastPingMs */
byte hasLease = 1;
byte drift;          /* how far its clock has fallen behind: at most the margin */
#define NOW (clock - drift)

/* Matchmaker: Coordinator.swift */
byte mUp = 1;
byte lostAt = GRACE + MARGIN_KEPT; /* Coordinator.lostAtMs */
byte hasPresumed;

chan pings = [QUEUE] of { byte }; /* when it was sent */
chan pongs = [QUEUE] of { byte };

inline clear(channel) { do :: len(channel) > 0 -> channel?_ :: else -> break od; skip }

/* After a stall a coordinator looks at its deadlines before its input. */
#define IS_DUE (hasLease && NOW >= leaseFrom + GRACE)
#ifdef NO_RULE_10d
#define DEADLINES_FIRST (true)
#else
#define DEADLINES_FIRST (!IS_DUE)
#endif

/* Promise 1: nobody can still be let into a session whose subjects the matchmaker may give to another. */
inline check() {
  if
  :: hasPresumed && holds && DEADLINES_FIRST ->
    printf("PROMISE 1 IS BROKEN\n");
    assert(false)
  :: else
  fi
}

proctype coordinator() {
  byte sent;
end:
  do
  /* CoordinatorCore.sendPing */
  :: d_step {
       DEADLINES_FIRST && cUp == UP && nfull(pings) && clock < END ->
       printf("coordinator: at %d sends a ping\n", NOW);
       lastPing = NOW;
       if
       :: mUp -> pings!NOW
       :: else
       fi
     }
  /* CoordinatorCore.ponged */
  :: d_step {
       DEADLINES_FIRST && cUp && nempty(pongs) ->
       pongs?sent;
       if
       :: sent == WELCOME -> printf("coordinator: at %d is welcome\n", NOW)
       :: else -> printf("coordinator: at %d reads the pong of the ping of %d\n", NOW, sent)
       fi;
       if
       :: sent == WELCOME ->
         cUp = UP;
         lastPing = NOW;
#ifdef NO_RULE_10b
         leaseFrom = NOW;
#endif
         skip
       :: sent != WELCOME && sent > lastPing -> skip
#ifdef NO_RULE_10a
       :: else -> leaseFrom = NOW
#else
       :: sent != WELCOME && sent <= lastPing && sent > leaseFrom -> leaseFrom = sent
       :: else
#endif
       fi;
       sent = 0;
       check()
     }
  /* CoordinatorCore.expireLease */
  :: d_step {
       IS_DUE ->
       printf("coordinator: at %d has lost its lease and ends the session\n", NOW);
       hasLease = 0;
       holds = 0;
       cUp = 0;
       clear(pongs)
     }
  :: d_step { DEADLINES_FIRST && cUp && cuts > 0 -> cuts--; printf("coordinator: at %d LINK is down at this end\n", NOW); cUp = 0; clear(pongs) }
  :: d_step { DEADLINES_FIRST && cUp && !mUp -> printf("coordinator: at %d sees that the link is down\n", NOW); cUp = 0; clear(pongs) }
  /* CoordinatorCore.linkCameUp, MatchmakerCore.linkProven: a lease that runs goes on */
  :: d_step {
       DEADLINES_FIRST && !cUp && hasLease && !hasPresumed && clock < lostAt && clock < END ->
       printf("coordinator: at %d connects\n", NOW);
       clear(pings);
       clear(pongs);
       cUp = DIALLING;
       mUp = 1;
       lostAt = clock + GRACE + MARGIN_KEPT;
       pongs!WELCOME
     }
  od
}

proctype matchmaker() {
  byte sent;
end:
  do
  :: d_step {
       mUp && nempty(pings) && nfull(pongs) && clock < lostAt ->
       pings?sent;
       printf("matchmaker: at %d reads the ping of %d\n", clock, sent);
#ifdef NO_RULE_10c
       lostAt = (sent + GRACE > lostAt -> sent + GRACE : lostAt);
#else
       lostAt = clock + GRACE + MARGIN_KEPT;
#endif
       if
       :: cUp -> pongs!sent
       :: else
       fi;
       sent = 0
     }
  :: d_step { mUp && !cUp -> printf("matchmaker: at %d sees that the link is down\n", clock); mUp = 0; clear(pings) }
  :: d_step { mUp && cUp && cuts > 0 -> cuts--; printf("matchmaker: at %d LINK is down at this end\n", clock); mUp = 0; clear(pings) }
  /* MatchmakerCore.expireLeases */
  :: d_step {
       !hasPresumed && clock >= lostAt ->
       printf("matchmaker: at %d presumes the session lost\n", clock);
       hasPresumed = 1;
       mUp = 0;
       clear(pings);
       check()
     }
  od
}

proctype time() {
end:
  do
  :: d_step { clock < END -> clock++; check() }
  :: d_step { clock < END && drift < MARGIN -> clock++; drift++; printf("            the coordinator's clock falls behind\n"); check() }
  od
}

init { atomic { run coordinator(); run matchmaker(); run time() } }

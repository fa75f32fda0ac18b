"""What `run` checks: the models with their bounds, and the variants without a rule."""
from dataclasses import dataclass

ALL = "CUT LEASE CRASHM CRASHC VANISH QUIT TIMEOUT REFUSE"


@dataclass
class Check:
    name: str
    defines: str
    model: str = "handoff.pml"
    about: str = ""
    is_variant: bool = False
    is_long: bool = False
    is_liveness: bool = False


def variant(name, about, defines, model="handoff.pml"):
    return Check(name, defines, model, about, is_variant=True)


ONE = "NC=1 NP=1 NS=2"    # one coordinator, one subject, two sessions one after the other
TWO = "NC=2 NP=1 NS=1"    # two coordinators, one session
TWINS = "NC=2 NP=1 NS=2"  # two coordinators, one subject, two sessions: who might be in both
PAIR = "NC=1 NP=2 GROUP=2 NS=2"
TRIO = "NC=1 NP=3 GROUP=2 NS=2"

CHECKS = [
    Check("one coordinator, 3 faults", f"{ONE} FAULTS=3 {ALL}"),
    Check("two coordinators, 3 faults", f"{TWO} FAULTS=3 {ALL}"),
    Check("two coordinators, 3 attempts, 2 faults", f"{TWO} NA=3 FAULTS=2 {ALL}"),
    Check("two sessions: crashes and cuts", f"{TWINS} FAULTS=2 CUT CRASHM CRASHC VANISH"),
    Check("two sessions: leases and stalls", f"{TWINS} FAULTS=2 CUT LEASE TIMEOUT REFUSE"),
    Check("two sessions: all, 2 faults", f"{TWINS} FAULTS=2 {ALL}", is_long=True),
    Check("two sessions, 2 subjects at once", f"NC=2 NP=2 NS=2 FAULTS=1 {ALL}", is_long=True),
    Check("one coordinator, 4 faults", f"{ONE} FAULTS=4 JQ=16 QUEUE=14 {ALL}", is_long=True),
    Check("two coordinators, 4 faults", f"{TWO} FAULTS=4 JQ=12 QUEUE=12 {ALL}", is_long=True),
    Check("a pair, 3 faults", f"{PAIR} FAULTS=3 JQ=12 QUEUE=12 {ALL}", is_long=True),
    Check("the lease", "CUTS=1", "lease.pml"),
    Check("the lease, longer", "CUTS=2 END=12 GRACE=4 MARGIN=2", "lease.pml"),
    Check("ends: one coordinator", f"{ONE} FAULTS=1 {ALL}", is_liveness=True),
    Check("ends: two coordinators", f"{TWO} FAULTS=1 {ALL}", is_liveness=True),
    Check("a pair, 2 faults", f"{PAIR} FAULTS=2 {ALL}"),
    Check("a pair out of three, 1 fault", f"{TRIO} FAULTS=1 CUT CRASHM CRASHC VANISH"),
    Check("a pair out of three, all", f"{TRIO} FAULTS=1 {ALL}", is_long=True),
    Check("the journal is lost, 2 faults", f"{ONE} FAULTS=2 JLOSS {ALL}"),
    Check("the journal is lost, 3 faults", f"{ONE} FAULTS=3 JLOSS {ALL}", is_long=True),
    Check("the journal is lost, two coordinators", f"{TWINS} NA=1 FAULTS=2 JLOSS LEASE CRASHC VANISH"),
    Check("the journal is lost, stale copies", f"{TWINS} FAULTS=2 JLOSS CUT"),
    Check("the journal is lost, stale outcomes", f"{TWO} FAULTS=3 JLOSS CUT CRASHC"),
    Check("the journal is damaged, 2 faults", f"{TWO} FAULTS=2 JLOSS JDAMAGE {ALL}"),
    Check("the journal is damaged, two sessions", f"{TWINS} NA=1 FAULTS=2 JLOSS JDAMAGE CUT"),
    Check("the journal is damaged, 3 faults", f"{TWO} FAULTS=3 JLOSS JDAMAGE {ALL}", is_long=True),
    Check("the journal is lost twice", f"{TWO} FAULTS=3 JLOSS JLOSSES=2 CUT CRASHM CRASHC"),
    Check("the journal is lost, two sessions, 2 faults", f"{TWINS} FAULTS=2 JLOSS CUT CRASHM CRASHC VANISH", is_long=True),
    Check("the journal is lost, a pair", f"{PAIR} FAULTS=2 JLOSS {ALL}", is_long=True),
]

VARIANTS = [
    variant("no rule 1a", "assign before the record is on disk", f"{TWINS} FAULTS=2 {ALL} NO_RULE_1a"),
    variant("no rule 1b", "matched before accepted", f"{TWINS} FAULTS=2 {ALL} NO_RULE_1b"),
    variant("no rule 2", "a new attempt after accepted", f"{TWINS} FAULTS=2 {ALL} NO_RULE_2"),
    variant("no rule 3a", "accepted of another attempt counts", f"{TWO} FAULTS=3 {ALL} NO_RULE_3a"),
    Check("no rule 3a, by its endless run", f"{TWO} FAULTS=2 TIMEOUT REFUSE NO_RULE_3a", about="the same without anybody who gives up",
          is_variant=True, is_liveness=True),
    variant("no rule 3b", "ended of another attempt counts", f"{TWO} FAULTS=3 {ALL} NO_RULE_3b"),
    variant("no rule 3c", "holding of another attempt counts", f"{TWO} NA=3 FAULTS=4 CUT CRASHM QUIT TIMEOUT NO_RULE_3c"),
    variant("no rule 4a", "endedAck before the outcome is on disk", f"{ONE} FAULTS=2 {ALL} NO_RULE_4a"),
    variant("no rule 4b", "ended of an unknown session is not written down", f"{ONE} FAULTS=2 JLOSS {ALL} NO_RULE_4b"),
    variant("no rule 4c", "a repeated ended is not acknowledged", f"{ONE} FAULTS=2 {ALL} NO_RULE_4c"),
    variant("no rule 5", "outcomes are known only as long as tombstones", f"{ONE} FAULTS=2 {ALL} NO_RULE_5"),
    variant("no rule 6", "a live report of an ended session is taken on", f"{TWINS} FAULTS=2 {ALL} NO_RULE_6"),
    variant("no rule 7a", "told before the outbox is on disk", f"{ONE} FAULTS=2 {ALL} NO_RULE_7a"),
    variant("no rule 7b", "the inventory does not wait for the disk", f"{ONE} FAULTS=2 {ALL} NO_RULE_7b"),
    variant("no rule 7c", "outcomes not acknowledged are not in the inventory", f"{ONE} FAULTS=2 {ALL} NO_RULE_7c"),
    variant("no rule 8a", "told before the ack while the link is up", f"{ONE} FAULTS=2 {ALL} NO_RULE_8a"),
    variant("no rule 8b", "told without a release while the link is down", f"{ONE} FAULTS=2 {ALL} NO_RULE_8b"),
    variant("no rule 9", "matched again whatever the link", f"{ONE} FAULTS=3 {ALL} NO_RULE_9"),
    variant("no rule 10a", "the lease counts from a pong's arrival", "NO_RULE_10a", "lease.pml"),
    variant("no rule 10b", "a new link alone renews the lease", "NO_RULE_10b", "lease.pml"),
    variant("no rule 10c", "the matchmaker counts from a ping's sending", "NO_RULE_10c", "lease.pml"),
    variant("no rule 10d", "after a stall input comes before deadlines", "NO_RULE_10d", "lease.pml"),
    variant("no rule 10e", "the matchmaker waits for no margin", "NO_RULE_10e", "lease.pml"),
    variant("no rule 10", "after a stall input comes before deadlines", f"{TWINS} FAULTS=2 {ALL} NO_RULE_10"),
    variant("no rule 11", "a new incarnation settles before its inventory", f"{ONE} FAULTS=3 CUT CRASHM CRASHC NO_RULE_11"),
    variant("no rule 12", "two processes of one node", f"{TWINS} FAULTS=2 {ALL} NO_RULE_12"),
    variant("no rule 13a", "matches at once after the journal was lost", f"{TWINS} FAULTS=2 JLOSS {ALL} NO_RULE_13a"),
    variant("no rule 13b", "joins of unknown fate do not wait", f"{TWINS} FAULTS=2 {ALL} NO_RULE_13b"),
    variant("no rule 13c", "a copy that nobody has been inside of is taken on", f"{TWINS} FAULTS=2 JLOSS CUT NO_RULE_13c"),
    variant("no rule 13d", "the outcome of a copy that nobody was inside of counts at once", f"{TWO} FAULTS=3 JLOSS CUT CRASHC NO_RULE_13d"),
    variant("no rule 13e", "a higher attempt does not take the place of a restored one", f"{TWO} FAULTS=2 JLOSS JDAMAGE CUT NO_RULE_13e"),
    variant("no rule 13f", "what an inventory leaves out has ended, before all have reported", f"{TWO} FAULTS=3 JLOSS JDAMAGE CUT CRASHC NO_RULE_13f"),
    variant("no rule 13g", "matches while a copy is in doubt", f"{TWINS} FAULTS=3 JLOSS CUT VANISH NO_RULE_13g"),
    variant("no rule 13h", "a restored session keeps the subjects of one that they are inside of", f"{TWINS} NA=1 FAULTS=2 JLOSS JDAMAGE CUT NO_RULE_13h"),
    variant("no rule 13i", "the outcome of a higher attempt than the restored one is ignored", f"{TWO} FAULTS=2 JLOSS JDAMAGE CUT NO_RULE_13i"),
    variant("no rule 13j", "an outcome of a higher attempt does not replace that of a lower", f"{TWO} FAULTS=3 JLOSS CUT LEASE CRASHC NO_RULE_13j"),
    variant("no rule 13k", "a restored session in doubt is told again", f"{TWO} FAULTS=3 JLOSS JDAMAGE CUT LEASE VANISH NO_RULE_13k"),
    variant("no rule 13l", "a second restart ends the waiting", f"{TWINS} FAULTS=3 JLOSS CRASHM VANISH NO_RULE_13l"),
    variant("no rule 13m", "a link that has not reported in time stays", f"{ONE} FAULTS=2 JLOSS LEASE NO_RULE_13m"),
    variant("no rule 13n", "the journal counts as whole before what was taken on is on disk", f"{TWO} FAULTS=3 JLOSS CRASHM CRASHC NO_RULE_13n"),
    variant("no rule 13o", "what is unknown is taken on later, though nobody is known to have been inside", f"{TWO} FAULTS=3 JLOSS CUT CRASHM NO_RULE_13o"),
    variant("no rule 14", "a presumption is told as a fact", f"{ONE} FAULTS=3 {ALL} NO_RULE_14"),
    variant("no rule 15", "the matchmaker puts absent members back itself", f"{PAIR} FAULTS=2 {ALL} NO_RULE_15"),
    # What was found with the model: the design is right only with these, too.
    variant("stale replaces presumed", "an outcome of an attempt taken back replaces a presumption", f"{TWO} FAULTS=3 {ALL} STALE_REPLACES_PRESUMED"),
    variant("last attempt in vain", "no_coordinator has the number of an attempt that a coordinator may end", f"{TWO} FAULTS=2 {ALL} LAST_ATTEMPT_IN_VAIN"),
    variant("acks may come later", "the inventory does not wait for the records of acks", f"{ONE} FAULTS=3 {ALL} ACKS_MAY_COME_LATER"),
    variant("one node an outcome", "an outcome is forgotten after one node's inventory", f"{TWO} FAULTS=3 {ALL} ONE_NODE_AN_OUTCOME"),
    variant("held is not listed", "an outcome is forgotten though the inventory holds the session", f"{TWO} FAULTS=3 {ALL} HELD_IS_NOT_LISTED"),
]

-- Greenroom's session protocol for Wireshark and tshark, from session-protocol.md; for version 3.6 or later.
--
--   tshark -X lua_script:greenroom.lua -r FILE -Y 'greenroom.session == "6f1e…"'     the life of one session
--   tshark -X lua_script:greenroom.lua -r FILE -Y greenroom.error                    what could not be read
--
-- Put into Wireshark's folder of personal Lua plugins it is loaded at start. Links are known by the port (preference
-- greenroom.port), and on other ports by their first frame. Fields are named as in the specification.

local unpack = table.unpack or unpack
local greenroom = Proto("greenroom", "Greenroom session protocol")
local LENGTH_MIN, LENGTH_MAX, HEADER_BYTES, MAGIC = 8, 524288, 12, "GREENROOM"

local KINDS = {
  [1] = "hello", [2] = "challenge", [3] = "proof", [4] = "welcome", [5] = "reject", [16] = "assign", [17] = "accepted",
  [18] = "refused", [19] = "state", [20] = "ended", [21] = "endedAck", [22] = "cancel", [23] = "drop", [32] = "ping",
  [33] = "pong", [34] = "drain", [48] = "holding", [49] = "inventoryEnd", [64] = "journalMatched",
}
local STATES = { "waiting", "matched", "validating", "playing", "ended" }
local END_REASONS = {
  "completed", "player_left", "player_disconnected", "player_excluded", "validation_failed", "validation_timeout",
  "no_show", "wait_timeout", "all_left", "not_confirmed", "barrier_timeout", "no_coordinator", "coordinator_lost",
  "cancelled", "superseded", "time_limit", "shutdown",
}
local REFUSALS = { "full", "draining", "busy", "unsupported" }
local FAILURE_POLICIES = { "requeue", "relay", "end" }
local REJECTS = {
  "no_common_version", "bad_proof", "node_in_use", "malformed", "unexpected", "shutting_down", "too_many_links",
  "handshake_timeout",
}
-- Of rules of play.
local SLOW_READERS = { "disconnect", "dropLatest" }
local MISSING_INPUTS = { "empty", "repeat" }
local LATE_INPUTS = { "next", "drop" }
local LOSSES = { "end", "empty", "bot" }
local MISSING_AT_BARRIERS = { "end", "open", "lose" }
local EPISODE_ENDS = { "allSay", "anySays" }
local ERRORS = {
  lengthTooSmall = "length is below 8",
  lengthTooLarge = "length is over 524288",
  unknownVersion = "version is not 1",
  unknownKind = "kind is in no version",
  unknownFlags = "flags is not 0, nor extended where it may be",
  reservedNotZero = "the reserved byte is not 0",
  badChecksum = "the checksum does not match",
  badMagic = "does not begin with the magic",
  truncated = "the body ends inside a field",
  trailingBytes = "bytes are left behind the last field",
  badText = "a text is not UTF-8, or a name is none",
  badValue = "a number is none that the field may have, or a list is out of order",
  tooMany = "a count or length is over its field's limit",
  duplicateSubject = "a subject sits in two seats",
  unknownTag = "an extension must be understood, and is not known",
}

-- Fields, each by the last part of its filter's name ------------------------------------------------------------------

local F = {}
local function field(kind, name, label, ...)
  F[name] = ProtoField[kind]("greenroom." .. name, label, ...)
end

field("uint32", "length", "Length", base.DEC)
field("uint8", "version", "Version", base.DEC)
field("uint8", "kind", "Kind", base.DEC, KINDS)
field("uint8", "flags", "Flags", base.HEX)
field("uint8", "reserved", "Reserved", base.HEX)
field("uint32", "checksum", "Checksum", base.HEX)
field("string", "sender", "Sender")
field("string", "error", "Error")
field("string", "magic", "Magic")
field("uint8", "versionMin", "Least version", base.DEC)
field("uint8", "versionMax", "Greatest version", base.DEC)
field("string", "node", "Node")
field("uint64", "incarnation", "Incarnation", base.HEX)
field("bytes", "nonce", "Nonce")
field("bytes", "proof", "Proof")
field("uint32", "capacity", "Capacity", base.DEC)
field("string", "publicURL", "Public URL")
field("uint32", "leaseGraceMs", "Grace of the lease (ms)", base.DEC)
field("uint32", "pingIntervalMs", "Interval of pings (ms)", base.DEC)
field("uint16", "code", "Code", base.DEC, REJECTS)
field("string", "detail", "Detail")
field("string", "session", "Session")
field("uint32", "attempt", "Attempt", base.DEC)
field("uint8", "refusal", "Refusal", base.DEC, REFUSALS)
field("uint8", "state", "State", base.DEC, STATES)
field("uint8", "reason", "Reason", base.DEC, END_REASONS)
field("uint8", "endedIn", "Ended in", base.DEC, STATES)
field("uint8", "isPresumed", "Is presumed", base.DEC)
field("uint64", "endedAtUnixMs", "Ended at (Unix ms)", base.DEC)
field("uint8", "blamed", "Blamed player", base.DEC)
field("string", "scene", "Scene")
field("uint8", "validatesPeers", "Validates peers", base.DEC)
field("uint8", "onValidationFailure", "When the validation fails", base.DEC, FAILURE_POLICIES)
field("uint32", "enterTimeoutMs", "Time to enter (ms)", base.DEC)
field("uint32", "validationTimeoutMs", "Time to validate (ms)", base.DEC)
field("uint32", "reconnectGraceMs", "Grace of a player who is away (ms)", base.DEC)
field("uint32", "barrierTimeoutMs", "Time for a barrier (ms)", base.DEC)
field("uint32", "playTimeoutMs", "Time to play (ms)", base.DEC)
field("string", "iceServers", "ICE servers")
field("none", "completionCode", "Completion code")
field("uint8", "completionCode.reason", "Reason", base.DEC, END_REASONS)
field("string", "completionCode.code", "Code")
field("uint64", "seed", "Seed", base.HEX)
field("uint64", "resumeExpiresUnixMs", "Resumes expire at (Unix ms)", base.DEC)
field("none", "roster", "Players")
field("none", "completionCodes", "Completion codes")
field("none", "failedPairs", "Failed pairs")
field("none", "blame", "Blamed players")
field("uint8", "player", "Player", base.DEC)
field("string", "subject", "Subject")
field("bytes", "ticket", "Ticket")
field("uint64", "sinceUnixMs", "Since (Unix ms)", base.DEC)
field("bytes", "placeSignature", "Signature of the place")
field("bytes", "releaseSignature", "Signature of the release")
field("uint8", "isBlamed", "Is blamed", base.DEC)
field("uint8", "isRequeued", "Is requeued", base.DEC)
field("uint8", "hasFinished", "Has finished", base.DEC)
field("string", "result", "Result")
field("none", "failedPair", "Failed pair")
field("uint8", "failedPair.player", "Player", base.DEC)
field("none", "extensions", "Extensions")
field("none", "extension", "Extension")
field("uint8", "extension.tag", "Tag", base.DEC)
field("string", "extension.bytes", "Bytes")
field("string", "treatment", "Treatment")
field("none", "roles", "Roles")
field("none", "role", "Role")
field("uint8", "role.player", "Player", base.DEC)
field("string", "role.name", "Role")
field("none", "pairs", "Measured pairs")
field("none", "pair", "Measured pair")
field("uint8", "pair.player", "Player", base.DEC)
field("uint32", "pair.roundTripUs", "Round trip (µs)", base.DEC)
field("none", "attempts", "Attempts to reach each other")
field("uint8", "attempts.attemptsMax", "Attempts at most", base.DEC)
field("uint32", "attempts.attemptTimeoutMs", "Timeout of one (ms)", base.DEC)
field("none", "start", "Start")
field("uint32", "start.countdownMs", "Countdown (ms)", base.DEC)
field("none", "relay", "Relay")
field("uint32", "relay.messagesPerSecond", "Messages a second", base.DEC)
field("uint32", "relay.bytesPerSecond", "Bytes a second", base.DEC)
field("uint32", "relay.backlogBytesMax", "Backlog at most (bytes)", base.DEC)
field("uint8", "relay.slowReader", "Slow reader", base.DEC, SLOW_READERS)
field("none", "ticks", "Ticks")
field("uint16", "ticks.intervalMs", "Interval (ms)", base.DEC)
field("uint16", "ticks.inputBytesMax", "Input at most (bytes)", base.DEC)
field("uint16", "ticks.ticksKept", "Ticks kept", base.DEC)
field("uint8", "ticks.missingInput", "Missing input", base.DEC, MISSING_INPUTS)
field("uint8", "ticks.lateInput", "Late input", base.DEC, LATE_INPUTS)
field("none", "absence", "Absence")
field("uint8", "absence.pauses", "Pauses", base.DEC)
field("uint8", "absence.loss", "Loss", base.DEC, LOSSES)
field("uint8", "absence.playersMin", "Players at least", base.DEC)
field("none", "barriers", "Barriers")
field("uint8", "barriers.missing", "Missing at one", base.DEC, MISSING_AT_BARRIERS)
field("uint32", "barriers.countdownMs", "Countdown (ms)", base.DEC)
field("none", "episodes", "Episodes")
field("uint16", "episodes.count", "Count", base.DEC)
field("uint32", "episodes.timeoutMs", "Timeout (ms)", base.DEC)
field("uint32", "episodes.resetTimeoutMs", "Timeout of a reset (ms)", base.DEC)
field("uint8", "episodes.endsWhen", "Ends when", base.DEC, EPISODE_ENDS)
field("none", "watch", "Watch")
field("uint32", "watch.roundTripMaxMs", "Round trip at most (ms)", base.DEC)
field("uint32", "watch.roundTripForMs", "Over it for (ms)", base.DEC)
field("uint32", "watch.silentForMs", "Silent for (ms)", base.DEC)
field("uint32", "watch.hiddenForMs", "Hidden for (ms)", base.DEC)
field("uint32", "watch.warningMs", "Warning before (ms)", base.DEC)
field("none", "losses", "Losses")
field("none", "loss", "Loss")
field("uint8", "loss.player", "Player", base.DEC)
field("uint8", "loss.reason", "Reason", base.DEC, END_REASONS)
field("string", "loss.text", "Text")
field("uint64", "sentAtMs", "Sent at (ms)", base.DEC)
field("uint32", "sessions", "Sessions", base.DEC)
field("uint32", "players", "Players", base.DEC)

local experts = {}
for name, what in pairs(ERRORS) do
  experts[name] = ProtoExpert.new("greenroom.error." .. name, name .. ": " .. what,
    name == "badChecksum" and expert.group.CHECKSUM or expert.group.MALFORMED, expert.severity.ERROR)
end
local function list(of)
  local found = {}
  for _, each in pairs(of) do found[#found + 1] = each end
  return found
end
greenroom.fields = list(F)
greenroom.experts = list(experts)

-- Types: each reads a value, checks it, and adds it to the tree -------------------------------------------------------

local function fail(name) error({ greenroom = name }, 0) end
local function require_that(condition, name) if not condition then fail(name or "badValue") end end

-- A body: the frame's bytes as a string, the same as a Tvb, and how far it has been read.
local function take(body, count)
  if body.at + count > #body.raw then fail("truncated") end
  local from = body.at
  body.at = from + count
  return body.raw:sub(from + 1, from + count), body.tvb(from, count)
end

local function integer(raw)
  local value = 0
  for index = 1, #raw do value = value * 256 + raw:byte(index) end
  return value
end

local function number(size, least, most)
  return function(body, tree, name)
    local raw, range = take(body, size)
    tree:add(F[name], range)
    local value = integer(raw)
    require_that(value >= (least or 0) and (not most or value <= most))
    return value
  end
end

local function code(size, names, least, most)
  local read = number(size, least or 1, most or #names)
  return function(body, tree, name) return names[read(body, tree, name)] end
end

local function octets(count)
  return function(body, tree, name)
    local raw, range = take(body, count)
    tree:add(F[name], range)
    return raw
  end
end

-- RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
local function is_utf8(raw)
  local at = 1
  while at <= #raw do
    local first, second = raw:byte(at), raw:byte(at + 1) or 0
    local more
    if first < 0x80 then more = 0
    elseif first >= 0xC2 and first <= 0xDF then more = 1
    elseif first >= 0xE0 and first <= 0xEF then
      more = 2
      if first == 0xE0 and second < 0xA0 or first == 0xED and second > 0x9F then return false end
    elseif first >= 0xF0 and first <= 0xF4 then
      more = 3
      if first == 0xF0 and second < 0x90 or first == 0xF4 and second > 0x8F then return false end
    else return false end
    for next = at + 1, at + more do
      local byte = raw:byte(next)
      if not byte or byte < 0x80 or byte > 0xBF then return false end
    end
    at = at + 1 + more
  end
  return true
end

-- Control characters, and bytes that are no text, as their numbers.
local function readable(raw)
  return (raw:gsub(is_utf8(raw) and "[%z\1-\31\127]" or "[%z\1-\31\127-\255]", function(byte)
    return ("\\x%02x"):format(byte:byte())
  end))
end

local function counted(most, fits)
  return function(body, tree, name)
    local count = integer((take(body, 2)))
    require_that(count <= most, "tooMany")
    local raw = take(body, count)
    tree:add(F[name], body.tvb(body.at - count - 2, count + 2), readable(raw))
    require_that(not fits or fits(raw), "badText")
    return raw
  end
end

local function text(most) return counted(most, is_utf8) end
local function name_of(most)
  return counted(most, function(raw) return #raw > 0 and not raw:find("[%z\1-\31\127]") and is_utf8(raw) end)
end

local function session(body, tree, name)
  local raw, range = take(body, 16)
  local digits = raw:gsub(".", function(byte) return ("%02x"):format(byte:byte()) end)
  tree:add(F[name], range, digits)
  return digits
end

local function unix_ms(body, tree, name)
  local raw, range = take(body, 8)
  local item = tree:add(F[name], range)
  local seconds = math.floor(integer(raw) / 1000)
  if seconds < 2 ^ 36 then item:append_text(os.date("! (%Y-%m-%d %H:%M:%S UTC)", seconds)) end
  return raw
end

local function magic(body, tree, name)
  local raw, range = take(body, #MAGIC)
  tree:add(F[name], range)
  require_that(raw == MAGIC, "badMagic")
  return raw
end

-- Entries behind their count. `read` gets a subtree for each, and names it.
local function list_of(size, label, least, most, read)
  return function(body, tree, name, fields)
    local from = body.at
    local branch = tree:add(F[label], body.tvb(from, 0))
    local count = integer((take(body, size)))
    branch:append_text((": %d"):format(count))
    require_that(count >= least)
    require_that(not most or count <= most, "tooMany")
    local entries = {}
    for index = 1, count do
      entries[index] = read(body, branch, index - 1, entries, fields)
      branch:set_len(body.at - from)
    end
    return entries
  end
end

local read_fields

local function branch_of(body, tree, name, read)
  local from = body.at
  local branch = tree:add(F[name], body.tvb(from, 0))
  local value = read(branch)
  branch:set_len(body.at - from)
  return value, branch
end

local U8, U16, U32, U64 = number(1), number(2), number(4), number(8)
local BOOL, ATTEMPT, PLAYER, NONCE, SIGNATURE = number(1, 0, 1), number(4, 1), number(1, 0, 254), octets(32), octets(16)
local SCENE, SUBJECT, NODE = name_of(64), name_of(128), name_of(64)

-- Names that only Unicode's tables know to be equal are not seen as such here.
local function seats(...)
  local parts = { { "subject", SUBJECT }, ... }
  return list_of(1, "roster", 1, nil, function(body, tree, player, before)
    local from = body.at
    local branch = tree:add(F.player, body.tvb(from, 0), player)
    local seat = { read_fields(body, branch, { parts[1] }).subject }
    branch:append_text(": " .. seat[1])
    for _, other in ipairs(before) do require_that(other ~= seat[1], "duplicateSubject") end
    local rest = read_fields(body, branch, { select(2, unpack(parts)) })
    if rest.isBlamed == 1 then branch:append_text(", blamed") end
    if rest.isRequeued == 1 then branch:append_text(", requeued") end
    if rest.hasFinished == 1 then branch:append_text(", finished") end
    branch:set_len(body.at - from)
    return seat[1]
  end)
end

local completion_codes = list_of(1, "completionCodes", 0, nil, function(body, tree, _, before)
  local reason, branch = branch_of(body, tree, "completionCode", function(branch)
    local reason = number(1, 1, #END_REASONS)(body, branch, "completionCode.reason")
    text(128)(body, branch, "completionCode.code")
    return reason
  end)
  branch:append_text(" for " .. END_REASONS[reason])
  require_that(#before == 0 or before[#before] < reason)
  return reason
end)

local failed_pairs = list_of(2, "failedPairs", 0, 1024, function(body, tree, _, _, fields)
  return (branch_of(body, tree, "failedPair", function(branch)
    local lower = PLAYER(body, branch, "failedPair.player")
    local upper = PLAYER(body, branch, "failedPair.player")
    branch:append_text((": %d and %d"):format(lower, upper))
    require_that(lower < upper and upper < #fields.players)
    return lower
  end))
end)

local blamed = list_of(1, "blame", 0, nil, function(body, tree, _, before)
  local player = PLAYER(body, tree, "blamed")
  require_that(#before == 0 or before[#before] < player)
  return player
end)

-- Messages: kind → sender, fields, and what the column says -----------------------------------------------------

local function join(...)
  local all = {}
  for _, part in ipairs({ ... }) do
    for _, each in ipairs(part) do all[#all + 1] = each end
  end
  return all
end

local ABOUT = { { "session", session }, { "attempt", ATTEMPT } }
local ASSIGNMENT = join(ABOUT, {
  { "scene", SCENE }, { "validatesPeers", BOOL }, { "onValidationFailure", code(1, FAILURE_POLICIES) },
  { "enterTimeoutMs", U32 }, { "validationTimeoutMs", U32 }, { "reconnectGraceMs", U32 }, { "barrierTimeoutMs", U32 },
  { "playTimeoutMs", U32 }, { "iceServers", text(4096) }, { "completionCodes", completion_codes }, { "seed", U64 },
  { "resumeExpiresUnixMs", unix_ms },
  { "players", seats({ "ticket", octets(16) }, { "sinceUnixMs", unix_ms }, { "placeSignature", SIGNATURE },
    { "releaseSignature", SIGNATURE }) },
})
local OUTCOME = join(ABOUT, {
  { "scene", SCENE }, { "reason", code(1, END_REASONS) }, { "endedIn", code(1, STATES, 1, 4) }, { "isPresumed", BOOL },
  { "endedAtUnixMs", unix_ms },
  { "players", seats({ "isBlamed", BOOL }, { "isRequeued", BOOL }, { "hasFinished", BOOL },
    { "result", counted(1024) }) },
  { "failedPairs", failed_pairs },
})

local function about(values) return (" %s/%d"):format(values.session, values.attempt) end
local function roster(values) return (" %s [%s]"):format(values.scene, table.concat(values.players, ", ")) end
local function assigned(values) return about(values) .. roster(values) end
local C, M = "coordinator", "matchmaker"
local MESSAGES = {
  [1] = { C, {
    { "magic", magic }, { "versionMin", number(1, 1) },
    { "versionMax", function(body, tree, name, fields)
      local value = U8(body, tree, name)
      require_that(value >= fields.versionMin)
      return value
    end },
    { "node", NODE }, { "incarnation", U64 }, { "nonce", NONCE }, { "capacity", U32 },
    { "publicURL", function(body, tree, name)
      local value = text(512)(body, tree, name)
      require_that(value:find("^wss?://"))
      return value
    end },
  }, function(values) return (" %s, versions %d to %d, capacity %d, %s"):format(
    values.node, values.versionMin, values.versionMax, values.capacity, values.publicURL) end },
  [2] = { M, {
    { "magic", magic }, { "version", number(1, 1) }, { "node", NODE }, { "incarnation", U64 }, { "nonce", NONCE },
    { "proof", octets(32) },
  }, function(values) return (" %s, version %d"):format(values.node, values.version) end },
  [3] = { C, { { "proof", octets(32) } } },
  [4] = { M, {
    { "leaseGraceMs", U32 },
    { "pingIntervalMs", function(body, tree, name, fields)
      local value = U32(body, tree, name)
      require_that(value > 0 and value < fields.leaseGraceMs)
      return value
    end },
  }, function(values) return (" grace %d ms, ping each %d ms"):format(values.leaseGraceMs, values.pingIntervalMs) end },
  [5] = { nil, { { "code", code(2, REJECTS) }, { "detail", text(256) } },
    function(values) return (" %s: %s"):format(values.code, values.detail) end },
  [16] = { M, ASSIGNMENT, assigned },
  [17] = { C, ABOUT, about },
  [18] = { C, join(ABOUT, { { "refusal", code(1, REFUSALS) } }),
    function(values) return about(values) .. " " .. values.refusal end },
  [19] = { C, join(ABOUT, { { "state", code(1, STATES, 3, 4) } }),
    function(values) return about(values) .. " " .. values.state end },
  [20] = { C, OUTCOME,
    function(values)
      return about(values) .. (" %s in %s"):format(values.reason, values.endedIn) .. roster(values)
    end },
  [21] = { M, ABOUT, about },
  [22] = { M, join(ABOUT, { { "reason", code(1, END_REASONS) }, { "blamed", blamed } }),
    function(values) return about(values) .. " " .. values.reason end },
  [23] = { M, ABOUT, about },
  [32] = { C, { { "sentAtMs", U64 }, { "sessions", U32 }, { "players", U32 } },
    function(values) return (" sessions %d, players %d"):format(values.sessions, values.players) end },
  [33] = { M, { { "sentAtMs", U64 } } },
  [34] = { C, {} },
  [48] = { C, join({ { "state", code(1, STATES, 2, 4) } }, ASSIGNMENT),
    function(values) return about(values) .. " " .. values.state .. roster(values) end },
  [49] = { C, {} },
  [64] = { "journal", join({ { "node", NODE } }, ASSIGNMENT), assigned },
}

-- Extensions: what stands under a tag is a body of its own, of which the outer one is the frame ---------------------

local EXTENSIBLE, EXTENDED, UNKNOWN_EXTENSIONS_MAX = { [16] = true, [20] = true, [48] = true, [64] = true }, 1, 16384
local LABEL = function(raw) return #raw > 0 and not raw:find("[%z\1-\31\127]") and is_utf8(raw) end

local function treatment(body, tree)
  local from, count = body.at, #body.raw - body.at
  require_that(count <= 64, "tooMany")
  local raw = take(body, count)
  tree:add(F.treatment, body.tvb(from, count), readable(raw))
  require_that(LABEL(raw), "badText")
end

local function roles(body, tree, player_count)
  list_of(1, "roles", 1, nil, function(body, tree, _, before)
    return (branch_of(body, tree, "role", function(branch)
      local player = number(1, 0, 254)(body, branch, "role.player")
      require_that(player < player_count and (#before == 0 or before[#before] < player))
      counted(64, LABEL)(body, branch, "role.name")
      return player
    end))
  end)(body, tree, "roles")
end

local function measured_pairs(body, tree, player_count)
  list_of(1, "pairs", 1, 120, function(body, tree, _, before)
    return (branch_of(body, tree, "pair", function(branch)
      local lower = PLAYER(body, branch, "pair.player")
      require_that(lower < player_count)
      local upper = PLAYER(body, branch, "pair.player")
      local place = lower * 256 + upper
      require_that(lower < upper and upper < player_count and (#before == 0 or before[#before] < place))
      number(4, 0, 60000000)(body, branch, "pair.roundTripUs")
      return place
    end))
  end)(body, tree, "pairs")
end


-- Rules of play: for each tag its name, and its fields with their types.
local RULES = {
  [160] = { "attempts", { "attemptsMax", number(1, 1, 10) }, { "attemptTimeoutMs", number(4, 500, 600000) } },
  [161] = { "start", { "countdownMs", number(4, 0, 60000) } },
  [162] = { "relay", { "messagesPerSecond", number(4, 1, 100000) }, { "bytesPerSecond", number(4, 1024, 1000000000) },
    { "backlogBytesMax", number(4, 65536, 16777216) }, { "slowReader", code(1, SLOW_READERS) } },
  [163] = { "ticks", { "intervalMs", number(2, 5, 10000) }, { "inputBytesMax", number(2, 1, 4096) },
    { "ticksKept", number(2, 0, 10000) }, { "missingInput", code(1, MISSING_INPUTS) }, { "lateInput", code(1, LATE_INPUTS) } },
  [164] = { "absence", { "pauses", BOOL }, { "loss", code(1, LOSSES) }, { "playersMin", number(1, 1) } },
  [165] = { "barriers", { "missing", code(1, MISSING_AT_BARRIERS) }, { "countdownMs", number(4, 0, 60000) } },
  [166] = { "episodes", { "count", number(2, 1, 10000) }, { "timeoutMs", number(4, 100, 604800000) },
    { "resetTimeoutMs", number(4, 100, 604800000) }, { "endsWhen", code(1, EPISODE_ENDS) } },
  [167] = { "watch", { "roundTripMaxMs", number(4, 0, 60000) }, { "roundTripForMs", number(4, 0, 86400000) },
    { "silentForMs", number(4, 0, 86400000) }, { "hiddenForMs", number(4, 0, 86400000) }, { "warningMs", number(4, 0, 86400000) } },
}

local function losses(body, tree, player_count)
  list_of(1, "losses", 1, nil, function(body, tree, _, before)
    return (branch_of(body, tree, "loss", function(branch)
      local player = PLAYER(body, branch, "loss.player")
      require_that(player < player_count and (#before == 0 or before[#before] < player))
      number(1, 1, #END_REASONS)(body, branch, "loss.reason")
      text(240)(body, branch, "loss.text")
      return player
    end))
  end)(body, tree, "losses")
end

local TAGS = { [1] = treatment, [2] = roles, [4] = measured_pairs, [20] = losses }
for tag, rule in pairs(RULES) do
  TAGS[tag] = function(body, tree)
    branch_of(body, tree, rule[1], function(branch)
      for _, each in ipairs({ select(2, unpack(rule)) }) do each[2](body, branch, rule[1] .. "." .. each[1]) end
    end)
  end
end

local function extensions(body, tree, kind, player_count)
  local from = body.at
  local branch = tree:add(F.extensions, body.tvb(from, 0))
  local count, last, unknown = integer((take(body, 1))), 0, 0
  require_that(count > 0)
  for _ = 1, count do
    local start = body.at
    local tag = integer((take(body, 1)))
    require_that(tag > last)
    last = tag
    require_that(TAGS[tag] or kind ~= 64 or tag < 128, "unknownTag")
    local size = integer((take(body, 2)))
    if not TAGS[tag] then
      unknown = unknown + size
      require_that(unknown <= UNKNOWN_EXTENSIONS_MAX, "tooMany")
    end
    local at = body.at
    take(body, size)
    if TAGS[tag] then
      local entry = { raw = body.raw:sub(1, body.at), tvb = body.tvb, at = at }
      TAGS[tag](entry, branch, player_count)
      require_that(entry.at == body.at, "trailingBytes")
    else
      local item = branch:add(F.extension, body.tvb(start, size + 3))
      item:add(F["extension.tag"], body.tvb(start, 1))
      local digits = body.raw:sub(at + 1, at + size):gsub(".", function(byte) return ("%02x"):format(byte:byte()) end)
      item:add(F["extension.bytes"], body.tvb(at - 2, size + 2), digits)
    end
    branch:set_len(body.at - from)
  end
end

function read_fields(body, tree, fields)
  local values = {}
  for _, each in ipairs(fields) do values[each[1]] = each[2](body, tree, each[1], values) end
  return values
end

-- Frames --------------------------------------------------------------------------------------------------------------

local bits = bit32 or bit
local CRC32C = {}
for index = 0, 255 do
  local value = index
  for _ = 1, 8 do
    value = bits.bxor(bits.rshift(value, 1), value % 2 == 1 and 0x82F63B78 or 0)
  end
  CRC32C[index] = value
end

local function crc32c(...)
  local value = 0xFFFFFFFF
  for _, raw in ipairs({ ... }) do
    for index = 1, #raw do
      value = bits.bxor(bits.rshift(value, 8), CRC32C[bits.band(bits.bxor(value, raw:byte(index)), 0xFF)])
    end
  end
  return bits.bxor(value, 0xFFFFFFFF) % 0x100000000
end

-- The first error of a header of which `raw` is what has come so far, at least 4 bytes.
local function header_error(raw)
  local length = integer(raw:sub(1, 4))
  if length < LENGTH_MIN then return "lengthTooSmall" end
  if length > LENGTH_MAX then return "lengthTooLarge" end
  if #raw > 4 and raw:byte(5) ~= 1 then return "unknownVersion" end
  if #raw > 5 and not MESSAGES[raw:byte(6)] then return "unknownKind" end
  if #raw > 6 and raw:byte(7) ~= 0 and not (raw:byte(7) == EXTENDED and EXTENSIBLE[raw:byte(6)]) then
    return "unknownFlags"
  end
  if #raw > 7 and raw:byte(8) ~= 0 then return "reservedNotZero" end
end

local function checksum_holds(raw)
  return crc32c(raw:sub(5, 8), raw:sub(HEADER_BYTES + 1)) == integer(raw:sub(9, 12))
end

local function add_header(tree, tvb)
  for _, each in ipairs({
    { "length", 0, 4 }, { "version", 4, 1 }, { "kind", 5, 1 }, { "flags", 6, 1 }, { "reserved", 7, 1 },
    { "checksum", 8, 4 },
  }) do
    if tvb:len() >= each[2] + each[3] then tree:add(F[each[1]], tvb(each[2], each[3])) end
  end
end

local function mark(tree, tvb, pinfo, name)
  tree:add(F.error, tvb(), name):set_generated()
  tree:add_proto_expert_info(experts[name])
  pinfo.cols.info:append((" [%s: %s]"):format(name, ERRORS[name]))
end

-- Adds one whole frame, or the beginning of one whose header is bad; says whether one can read on behind it.
local function dissect_frame(tvb, pinfo, root, wrong)
  local tree = root:add(greenroom, tvb())
  add_header(tree, tvb)
  if wrong then
    pinfo.cols.info:append("malformed frame")
    tree:append_text(", malformed")
    mark(tree, tvb, pinfo, wrong)
    return false
  end
  local raw = tvb:raw(0, tvb:len())
  local name = KINDS[raw:byte(6)]
  local sender, fields, says = unpack(MESSAGES[raw:byte(6)], 1, 3)
  tree:append_text(", " .. name)
  if sender then tree:add(F.sender, sender):set_generated() end
  -- A body behind a bad checksum is shown as far as it goes.
  wrong = not checksum_holds(raw) and "badChecksum" or nil
  local body = { raw = raw, tvb = tvb, at = HEADER_BYTES }
  local fine, values = pcall(function()
    local values = read_fields(body, tree, fields)
    if raw:byte(7) == EXTENDED then extensions(body, tree, raw:byte(6), #values.players) end
    return values
  end)
  if not fine and not (type(values) == "table" and values.greenroom) then error(values, 0) end
  pinfo.cols.info:append(name .. (fine and says and says(values) or ""))
  if fine and says then tree:append_text(says(values)) end
  wrong = wrong or not fine and values.greenroom or body.at < #raw and "trailingBytes" or nil
  if wrong then mark(tree, tvb, pinfo, wrong) end
  return not wrong
end

-- Whether bytes are surely ours: a header, and behind it the magic or a body that suits its checksum.
local function is_ours(tvb)
  if tvb:len() < HEADER_BYTES then return false end
  local head = tvb:raw(0, HEADER_BYTES)
  if header_error(head) then return false end
  if tvb:len() >= HEADER_BYTES + #MAGIC and tvb:raw(HEADER_BYTES, #MAGIC) == MAGIC then return true end
  local size = 4 + integer(head:sub(1, 4))
  return tvb:len() >= size and checksum_holds(tvb:raw(0, size))
end

-- Where one side of a connection has said what cannot be read: a receiver closes the link there. What comes later is
-- read only when it is surely a frame, as when the capture has gaps.
local tcp_stream = Field.new("tcp.stream")
local stuck = {}
function greenroom.init() stuck = {} end

function greenroom.dissector(tvb, pinfo, root)
  -- What the capture has cut short cannot be put together.
  if tvb:len() < tvb:reported_len() then return 0 end
  pinfo.cols.protocol = "GREENROOM"
  pinfo.cols.info:clear()
  -- What a frame that ended in this segment has said before stays behind its fence.
  local is_first = tostring(pinfo.cols.info) == ""
  local at, side = 0, ("%s from %d"):format(tcp_stream() and tcp_stream().value or 0, pinfo.src_port)
  if stuck[side] and stuck[side] < pinfo.number and not is_ours(tvb) then
    root:add(greenroom, tvb(), "Bytes behind a frame that cannot be read")
    return tvb:len()
  end
  while at < tvb:len() do
    local left = tvb:len() - at
    if left < 4 then
      pinfo.desegment_offset, pinfo.desegment_len = at, DESEGMENT_ONE_MORE_SEGMENT
      break
    end
    local head = tvb:raw(at, math.min(left, HEADER_BYTES))
    local wrong = header_error(head)
    local size = wrong and left or 4 + integer(head:sub(1, 4))
    if size > left then
      pinfo.desegment_offset, pinfo.desegment_len = at, size - left
      break
    end
    if not is_first then pinfo.cols.info:append("; ") end
    is_first = false
    local fine = dissect_frame(tvb(at, size):tvb(), pinfo, root, wrong)
    at = at + size
    if not fine then
      stuck[side] = math.min(stuck[side] or pinfo.number, pinfo.number)
      if at < tvb:len() then root:add(greenroom, tvb(at), "Bytes behind a frame that cannot be read") end
      break
    end
  end
  pinfo.cols.info:fence()
  return tvb:len()
end

greenroom:register_heuristic("tcp", function(tvb, pinfo, root)
  if not is_ours(tvb) then return false end
  pinfo.conversation = greenroom
  greenroom.dissector(tvb, pinfo, root)
  return true
end)

local ports, registered = DissectorTable.get("tcp.port"), nil
greenroom.prefs.port = Pref.uint("TCP port", 7400, "Where matchmakers listen for coordinators; 0 for none")
local function register()
  if registered then ports:remove(registered, greenroom) end
  registered = greenroom.prefs.port > 0 and greenroom.prefs.port or nil
  if registered then ports:add(registered, greenroom) end
end
greenroom.prefs_changed = register
register()

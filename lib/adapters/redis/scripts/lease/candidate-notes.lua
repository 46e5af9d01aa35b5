--[[ What candidates tell of their jobs; redis-scripts.ts puts it before the scripts that note it.

  candidates   hash   candidate id -> "<seen at>|<since>|<job set>|<state>|<distrusted until>|<interval>|<ttl>"
                      (server time; its own interval and ttl; all in ms)
                      "#changes" -> counts what changed, from the time of its beginning on   "#handOvers" -> "<at>,<at>,<at>"
  page         string of a job set, JSON

  pcall: whatever becomes of a note, the election goes on.
]]
local countChange = function(candidates, now)
  local changes = redis.pcall('HINCRBY', candidates, '#changes', 1)
  if type(changes) == 'number' and changes > 1e12 and changes < 9e15 then
    return string.format('%.0f', changes)
  end
  -- One that is new, lost or tampered with begins at the present: no count comes twice.
  if type(changes) == 'number' and changes ~= 1 then
    invalid(candidates, '#changes', text(changes - 1), 'repaired')
  elseif type(changes) == 'table' and string.find(changes.err, 'integer', 1, true) then
    invalid(candidates, '#changes', 'no whole number', 'repaired')
  end
  redis.pcall('HSET', candidates, '#changes', now)
  return now
end

-- No interval and no ttl is longer than a day, ms.
local LONGEST_TTL = 86400000

-- When a note was written; nil for one that no script of ours wrote. One from the future would keep a pod alive for ever.
local notedAt = function(note, now)
  local seenAt, since, distrusted, interval, ttl =
    string.match(string.sub(note, 1, 1000), '^(%d+)|(%d+)|[^|]*|%a*|(%d+)|(%d+)|(%d+)$')
  local isTimed = whole(interval, LONGEST_TTL) and whole(ttl, LONGEST_TTL)
  return isTimed and whole(since, now + SLACK) and whole(distrusted) and whole(seenAt, now + SLACK)
end

-- The count of changes and the hand-overs as they were found, '' where there is none. Invalid ones are replaced.
local soundCounts = function(candidates, changes, handOvers, now)
  if changes and (whole(changes, 9e15) or 0) <= 1e12 then
    invalid(candidates, '#changes', changes, 'repaired')
    redis.pcall('HSET', candidates, '#changes', now)
    changes = now
  end
  local isSound = #(handOvers or '') <= 100
  for at in string.gmatch(string.sub(handOvers or '', 1, 100) .. ',', '([^,]*),') do
    isSound = isSound and whole(at, now + SLACK)
  end
  if handOvers and not isSound then
    invalid(candidates, '#handOvers', handOvers, 'repaired')
    redis.pcall('HDEL', candidates, '#handOvers')
    handOvers = nil
  end
  return changes or '', handOvers or ''
end

-- A page of a job set that is not what was written there is written anew by the pod that has the set.
local isKept = function(page, bytes, ageMs)
  local stored = redis.pcall('GET', page)
  if type(stored) == 'string' and #stored == tonumber(bytes) then
    return redis.pcall('PEXPIRE', page, ageMs) == 1
  end
  if type(stored) == 'string' then
    invalid(page, '', stored, 'ignored')
  elseif stored and string.find(stored.err, 'WRONGTYPE', 1, true) then
    invalid(page, '', 'a key of another type', 'ignored')
  end
  return false
end

-- From ARGV[at] on: job set, state, distrusted until, rival, ms until it counts as away, bytes of the page or '', its
-- age limit, its interval, its ttl, ms. Answers { changes, the rival's note, '1': the page is kept, hand-overs }.
local noteCandidate = function(candidates, page, id, now, at)
  local known = redis.pcall('HMGET', candidates, id, '#changes', '#handOvers', ARGV[at + 3])
  if known.err and string.find(known.err, 'WRONGTYPE', 1, true) then
    invalid(candidates, '', 'a key of another type', 'repaired')
    redis.pcall('DEL', candidates)
  end
  local seenAt = known[1] and notedAt(known[1], tonumber(now))
  local since, told = string.match(seenAt and known[1] or '', '^%d+|(%d+)|(.*)$')
  local tells = table.concat({ ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 7], ARGV[at + 8] }, '|')
  local changes, handOvers = soundCounts(candidates, known[2], known[3], now)
  if known[1] and not seenAt then
    invalid(candidates, id, known[1], 'repaired')
  end
  if known[1] or ARGV[at] ~= '' then
    -- An instant to come would keep a candidate young for ever.
    since = since and tonumber(since) <= tonumber(now) and since or now
    redis.pcall('HSET', candidates, id, table.concat({ now, since, tells }, '|'))
    if told ~= tells or now - seenAt > (tonumber(ARGV[at + 4]) or 0) then
      changes = countChange(candidates, now)
    end
  end
  local kept = ARGV[at + 5] == '' or isKept(page, ARGV[at + 5], ARGV[at + 6])
  local rival = ARGV[at + 3] ~= '' and known[4]
  return { changes, rival and notedAt(rival, tonumber(now)) and rival or '', kept and '1' or '0', handOvers }
end

local markCandidate = function(candidates, id, state, now)
  local known = redis.pcall('HMGET', candidates, id)
  local before, after = string.match(known[1] or '', '^(%d+|%d+|[^|]*|)%a*(|%d+|%d+|%d+)$')
  if before and known[1] ~= before .. state .. after then
    redis.pcall('HSET', candidates, id, before .. state .. after)
    countChange(candidates, now)
  end
end

--[[ Notes a candidate with each attempt and each renewal, and answers what is new.   (notes: see candidate-notes.lua)

  ARGV   job set, state, distrusted until, rival, ms until it counts as away, bytes of the page or '', age limit of the
         page, its interval, its ttl (ms): named by each script jobSet, state, distrustedUntil, rival, awayMs,
         pageBytes, pageAgeMs, intervalMs, ownTtlMs
]]

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

-- Writes the note; answers the count of changes where it has changed. `known`: the note before, if there was one.
local writeNote = function(candidates, args, known, seenAt)
  local since, before = string.match(seenAt and known or '', '^%d+|(%d+)|(.*)$')
  local after =
    table.concat({ args.jobSet, args.state, args.distrustedUntil, args.intervalMs, args.ownTtlMs }, '|')
  -- An instant to come would keep a candidate young for ever.
  since = since and tonumber(since) <= now and since or nowText
  redis.pcall('HSET', candidates, args.candidateId, table.concat({ nowText, since, after }, '|'))
  if before ~= after or now - seenAt > (tonumber(args.awayMs) or 0) then
    return countChange(candidates)
  end
end

-- `keys`: candidates and page. Answers { changes, the note of the rival, '1': the page is kept, hand-overs }.
local noteCandidate = function(keys, args)
  local candidates = keys.candidates
  local known = redis.pcall('HMGET', candidates, args.candidateId, '#changes', '#handOvers', args.rival)
  if known.err and string.find(known.err, 'WRONGTYPE', 1, true) then
    invalid(candidates, '', 'a key of another type', 'repaired')
    redis.pcall('DEL', candidates)
  end
  local seenAt = known[1] and notedAt(known[1])
  local changes, handOvers = soundCounts(candidates, known[2], known[3])
  if known[1] and not seenAt then
    invalid(candidates, args.candidateId, known[1], 'repaired')
  end
  if known[1] or args.jobSet ~= '' then
    changes = writeNote(candidates, args, known[1], seenAt) or changes
  end
  local kept = args.pageBytes == '' or isKept(keys.page, args.pageBytes, args.pageAgeMs)
  local rival = args.rival ~= '' and known[4]
  return { changes, rival and notedAt(rival) and rival or '', kept and '1' or '0', handOvers }
end

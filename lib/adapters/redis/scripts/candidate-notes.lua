--[[ What candidates tell of their jobs; redis-scripts.ts puts it before the scripts that note it.

  candidates   hash   candidate id -> "<seen at>|<since>|<job set>|<state>|<distrusted until>"   (server time, ms)
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
  redis.pcall('HSET', candidates, '#changes', now)
  return now
end

-- From ARGV[at] on: job set, state, distrusted until, rival, ms until it counts as away, bytes of the page or '', its
-- age limit, ms. Answers { changes, the rival's note, '1': the page is kept, hand-overs }.
local noteCandidate = function(candidates, page, id, now, at)
  local known = redis.pcall('HMGET', candidates, id, '#changes', '#handOvers', ARGV[at + 3])
  local seenAt, since, told = string.match(known[1] or '', '^(%d+)|(%d+)|(.*)$')
  local tells = table.concat({ ARGV[at], ARGV[at + 1], ARGV[at + 2] }, '|')
  local changes = known[2] or ''
  if told or ARGV[at] ~= '' then
    -- An instant to come would keep a candidate young for ever.
    since = since and tonumber(since) <= tonumber(now) and since or now
    redis.pcall('HSET', candidates, id, table.concat({ now, since, tells }, '|'))
    if told ~= tells or now - seenAt > (tonumber(ARGV[at + 4]) or 0) then
      changes = countChange(candidates, now)
    end
  end
  local kept = true
  if ARGV[at + 5] ~= '' then
    local stored = redis.pcall('GET', page)
    kept = type(stored) == 'string' and #stored == tonumber(ARGV[at + 5]) and
      redis.pcall('PEXPIRE', page, ARGV[at + 6]) == 1
  end
  return { changes, ARGV[at + 3] ~= '' and known[4] or '', kept and '1' or '0', known[3] or '' }
end

local markCandidate = function(candidates, id, state, now)
  local known = redis.pcall('HMGET', candidates, id)
  local before, after = string.match(known[1] or '', '^(%d+|%d+|[^|]*|)%a*(|%d+)$')
  if before and known[1] ~= before .. state .. after then
    redis.pcall('HSET', candidates, id, before .. state .. after)
    countChange(candidates, now)
  end
end

--[[ How candidates are noted; redis-scripts.ts puts it before the scripts that do.

  pods   hash   candidate id -> "<seen at>|<since>|<ahead, ms, or ''>|<version>"   (server time, ms)

  pcall: whatever becomes of a note, the election goes on.
]]
local notePod = function(pods, id, now, ahead, version)
  local known = redis.pcall('HGET', pods, id)
  local since = type(known) == 'string' and #known < 1000 and string.match(known, '^%d+|(%d+)|')
  local note = table.concat({ now, whole(since, tonumber(now)) and since or now, ahead, version }, '|')
  local noted = redis.pcall('HSET', pods, id, note)
  if type(noted) == 'table' and string.find(noted.err, 'WRONGTYPE', 1, true) then
    invalid(pods, '', 'a key of another type', 'repaired')
    redis.pcall('DEL', pods)
    redis.pcall('HSET', pods, id, note)
  elseif type(known) == 'string' and not whole(since, tonumber(now)) then
    invalid(pods, id, known, 'repaired')
  end
end

-- Some notes, drawn by chance.
local someOf = function(pods)
  local drawn = redis.pcall('HRANDFIELD', pods, 20, 'WITHVALUES')
  if not drawn.err then
    return drawn
  end
  -- Before Redis 6.2, and where an ACL forbids it: a page from anywhere on, for any number is a cursor.
  local scanned = redis.pcall('HSCAN', pods, time[2], 'COUNT', 20)
  return scanned.err and redis.pcall('HGETALL', pods) or scanned[2]
end

-- Of some notes those not seen for ten minutes, and those that no script of ours wrote.
local forgetPods = function(pods, now)
  local noted = someOf(pods)
  local forgotten = {}
  for at = 1, #noted, 2 do
    local note = noted[at + 1]
    local seenAt = whole(string.match(string.sub(note, 1, 20), '^(%d+)|'), now + SLACK)
    if not seenAt then
      invalid(pods, noted[at], note, 'repaired')
    end
    if (not seenAt or seenAt < now - 600000) and #forgotten < 20 then
      table.insert(forgotten, noted[at])
    end
  end
  if #forgotten > 0 then
    redis.pcall('HDEL', pods, unpack(forgotten))
  end
end

--[[ How candidates are noted; redis-scripts.ts puts it before the scripts that do.

  pods   hash   candidate id -> "<seen at>|<since>|<ahead, ms, or ''>|<version>"   (server time, ms)

  pcall: whatever becomes of a note, the election goes on.
]]
local notePod = function(pods, id, now, ahead, version)
  local known = redis.pcall('HGET', pods, id)
  local since = type(known) == 'string' and string.match(known, '^%d+|(%d+)|') or now
  redis.pcall('HSET', pods, id, table.concat({ now, since, ahead, version }, '|'))
end

-- Those not seen for ten minutes.
local forgetPods = function(pods, now)
  local noted = redis.pcall('HGETALL', pods)
  for at = 1, #noted, 2 do
    local seenAt = tonumber(string.match(noted[at + 1], '^(%d+)|') or '0')
    if seenAt < now - 600000 then
      redis.pcall('HDEL', pods, noted[at])
    end
  end
end

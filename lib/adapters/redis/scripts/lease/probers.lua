--[[ The followers that probe after a due tick: two at most, each with a position that it renews with its attempts.

  candidates   "#prober1", "#prober2" -> "<seen at>|<away>|<rank>|<candidate id>"   (server time, ms)
               away: for how long it need not be seen, by its own interval
               rank: 1, or 2 for a candidate that knows a better one, and gives way to those of rank 1

  read-candidates.lua skips both, in each version. Candidates before 0.6 have no position, and probe after each tick.
  pcall: whatever becomes of a position, the election goes on. Where they cannot be kept, each follower probes.
]]
local POSITIONS = { '#prober1', '#prober2' }
-- A candidate that is not seen for ten minutes is forgotten, ms.
local LONGEST_AWAY = 600000

-- The positions that are taken, by field; nil where that cannot be read. A value that no script of ours writes is
-- removed, as is one from the future: a candidate that has died would keep its position.
local positionsOf = function(candidates)
  local known = redis.pcall('HMGET', candidates, POSITIONS[1], POSITIONS[2])
  if known.err then
    return nil
  end
  local positions = {}
  for at, field in ipairs(POSITIONS) do
    local value = known[at]
    local seenAt, away, rank, id = string.match(string.sub(value or '', 1, 1000), '^(%d+)|(%d+)|([12])|(.+)$')
    seenAt, away = whole(seenAt, now + SLACK), whole(away)
    if seenAt and away then
      positions[field] = { isAway = now - seenAt > math.min(away, LONGEST_AWAY), rank = rank, id = id }
    elseif value then
      invalid(candidates, field, value, 'repaired')
      redis.pcall('HDEL', candidates, field)
    end
  end
  return positions
end

local leavePosition = function(candidates, id)
  for field, position in pairs(positionsOf(candidates) or {}) do
    if position.id == id then
      redis.pcall('HDEL', candidates, field)
    end
  end
end

-- Takes or renews the position of a candidate. Answers '1' if it has one. A position is free where its candidate leads,
-- or is away. `awayMs`: when that begins for this one.
local takePosition = function(candidates, id, rank, holder, awayMs)
  local positions = positionsOf(candidates)
  if not positions then
    return '1'
  end
  local own, free, lower
  for _, field in ipairs(POSITIONS) do
    local position = positions[field]
    if position and position.id == id then
      own = own or field
    elseif not position or position.id == holder or position.isAway then
      free = free or field
    elseif position.rank > rank then
      lower = field
    end
  end
  local taken = own or free or lower
  if not taken then
    return '0'
  end
  redis.pcall('HSET', candidates, taken, table.concat({ nowText, text(awayMs), rank, id }, '|'))
  return '1'
end

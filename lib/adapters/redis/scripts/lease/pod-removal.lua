--[[ Removes notes of pods that are gone, a few with each renewal.   (notes: see pod-notes.lua) ]]

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
local removePods = function(pods)
  local noted = someOf(pods)
  local removed = {}
  for at = 1, #noted, 2 do
    local note = noted[at + 1]
    local seenAt = whole(string.match(string.sub(note, 1, 20), '^(%d+)|'), now + SLACK)
    if not seenAt then
      invalid(pods, noted[at], note, 'repaired')
    end
    if (not seenAt or seenAt < now - 600000) and #removed < 20 then
      table.insert(removed, noted[at])
    end
  end
  if #removed > 0 then
    redis.pcall('HDEL', pods, unpack(removed))
  end
end

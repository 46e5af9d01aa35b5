--[[ Notes which pods compete.

  pods   hash   candidate id -> "<seen at>|<since>|<ahead, ms, or ''>|<version>"   (server time, ms)

  pcall: whatever becomes of a note, the election goes on.
]]

-- `args`: candidateId, aheadMs and version.
local notePod = function(pods, args)
  local id = args.candidateId
  local known = redis.pcall('HGET', pods, id)
  local since = type(known) == 'string' and #known < 1000 and string.match(known, '^%d+|(%d+)|')
  local note = table.concat({ nowText, whole(since, now) and since or nowText, args.aheadMs, args.version }, '|')
  local noted = redis.pcall('HSET', pods, id, note)
  if type(noted) == 'table' and string.find(noted.err, 'WRONGTYPE', 1, true) then
    invalid(pods, '', 'a key of another type', 'repaired')
    redis.pcall('DEL', pods)
    redis.pcall('HSET', pods, id, note)
  elseif type(known) == 'string' and not whole(since, now) then
    invalid(pods, id, known, 'repaired')
  end
end

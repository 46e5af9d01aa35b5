--[[ What became of a run that was asked for.

  KEYS[1] requests   KEYS[2] job   KEYS[3] runs   (see README.md)
  ARGV[1] handle   ARGV[2] slot

  Answers { now, 'waiting' }, { now, 'expired' }, { now, 'recorded', record } or { now, 'gone' }
]]
local asked = redis.call('HGET', KEYS[1], ARGV[1])
if asked then
  local tick = whole(string.match(string.sub(asked, 1, 100), '^(%d+)|')) or now
  return { text(now), now - tick < REQUEST_AGE and 'waiting' or 'expired' }
end
local packed = redis.call('HGET', KEYS[3], ARGV[2])
if packed then
  return { text(now), 'recorded', packed }
end
local last = redis.call('HGET', KEYS[2], 'lastManual')
local slot = last and string.match(last, '^([^|]*)|')
if slot == ARGV[2] then
  return { text(now), 'recorded', string.sub(last, #slot + 2) }
end
return { text(now), 'gone' }

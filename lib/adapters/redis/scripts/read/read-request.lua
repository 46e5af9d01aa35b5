--[[ Reads the state of a requested run.

  KEYS      requests, job, runs   (see README.md)
  ARGV      handle, slot
  Answers   { now, 'waiting' }, { now, 'expired' }, { now, 'recorded', record } or { now, 'gone' }
]]
local keys, args = arguments({ keys = { 'requests', 'job', 'runs' }, args = { 'handle', 'slot' } })
local standing = redis.call('HGET', keys.requests, args.handle)
if standing then
  local tick = whole(string.match(string.sub(standing, 1, 100), '^(%d+)|')) or now
  return { nowText, now - tick < requestAge(args.handle) and 'waiting' or 'expired' }
end
local packed = redis.call('HGET', keys.runs, args.slot)
if packed then
  return { nowText, 'recorded', packed }
end
local last = redis.call('HGET', keys.job, 'lastManual')
local slot = last and string.match(last, '^([^|]*)|')
if slot == args.slot then
  return { nowText, 'recorded', string.sub(last, #slot + 2) }
end
return { nowText, 'gone' }

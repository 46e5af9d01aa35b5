--[[ Reads how jobs stand.

  KEYS[1] control   then per job: job   (see README.md)

  Answers { now, { from, until, reason of the pause of all }, { from, until, reason, order, lastRun, hwm, schedule, barredAt }... }
]]
local read = function(key, ...)
  -- pcall: where a key was tampered with, nothing is known.
  local fields = redis.pcall('HMGET', key, ...)
  local words = {}
  for at = 1, select('#', ...) do
    words[at] = bounded(fields[at] or '')
  end
  return words
end

local answers = { text(now), read(KEYS[1], 'pausedFrom', 'pausedUntil', 'pausedReason') }
for at = 2, #KEYS do
  table.insert(answers, read(KEYS[at], 'pausedFrom', 'pausedUntil', 'pausedReason', 'order', 'lastRun', 'hwm',
    'schedule', 'barredAt'))
end
return answers

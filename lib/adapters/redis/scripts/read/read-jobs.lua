--[[ Reads how jobs stand.

  KEYS      control   then per job: job   (see README.md)
  ARGV      none
  Answers   { now, { from, until, reason of the pause of all },
              { from, until, reason, override, lastRun, hwm, schedule, barredAt }... }
]]
local keys, _, jobs = arguments({ keys = { 'control' }, args = {}, itemKeys = { 'job' } })

local read = function(key, ...)
  -- pcall: where a key has another type, nothing is known.
  local fields = redis.pcall('HMGET', key, ...)
  local words = {}
  for at = 1, select('#', ...) do
    words[at] = bounded(fields[at] or '')
  end
  return words
end

local answers = { nowText, read(keys.control, 'pausedFrom', 'pausedUntil', 'pausedReason') }
for item in jobs do
  table.insert(answers, read(item.job, 'pausedFrom', 'pausedUntil', 'pausedReason', 'order', 'lastRun', 'hwm',
    'schedule', 'barredAt'))
end
return answers

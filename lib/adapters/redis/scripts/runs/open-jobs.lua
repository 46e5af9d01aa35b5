--[[ Says where jobs stand; starts those at the present that are new or whose schedule has changed.

  KEYS[1] lease   KEYS[2] jobs   KEYS[3] removed   then per job: job, then per job: index   (see README.md)
  ARGV[1] candidate id   ARGV[2] token   then per job: name, fingerprint of its schedule, where its ticks begin if
          it is new (server time, ms; empty: now), order that was followed

  Answers { now, 'opened', hwm or { order }... } or { now, 'fenced' }      an order that has to be followed first
]]
if redis.call('GET', KEYS[1]) ~= ARGV[1] .. '|' .. ARGV[2] then
  return { text(now), 'fenced' }
end

local all = (#KEYS - 3) / 2

-- No schedule is a number, empty, or has control characters: such a value says nothing of what the job ticked by.
local fingerprintOf = function(key, value)
  local isSound = value and value ~= '' and #value <= 100000 and not string.find(value, '%c')
    and not (#value < 400 and tonumber(value))
  if value and not isSound then
    invalid(key, 'schedule', value, 'repaired')
  end
  return isSound and value
end

local open = function(key, index, name, schedule, from, followed)
  local job = redis.call('HMGET', key, 'hwm', 'schedule', 'order')
  local order = bounded(job[3] or '')
  if order ~= followed then
    return { order }
  end
  local known = fingerprintOf(key, job[2])
  local hwm = watermarkOf(key, index, job[1])
  if not hwm or known ~= schedule then
    -- A mark whose schedule is lost (a fail-over may have cost Redis its last writes) stays: no tick is passed over.
    hwm = hwm and not known and hwm or math.max(hwm or 0, math.min(tonumber(from) or now, now))
    -- pcall: where the key was tampered with, the first claim repairs it.
    redis.pcall('SADD', KEYS[2], name)
    redis.call('HSET', key, 'hwm', text(hwm), 'schedule', schedule)
  end
  return text(hwm)
end

local names = {}
for number = 1, all do
  names[number] = ARGV[4 * number - 1]
end
if all > 0 then
  -- pcall: where the key was tampered with, the next sweep repairs it.
  redis.pcall('ZREM', KEYS[3], unpack(names))
end

local answers = { '', 'opened' }
for number = 1, all do
  -- One job that cannot be opened holds up no other: it starts at the present, and its claims say what is wrong.
  local arg, key, index = 4 * number - 1, KEYS[3 + number], KEYS[3 + all + number]
  local opened, hwm = pcall(open, key, index, ARGV[arg], ARGV[arg + 1], ARGV[arg + 2], ARGV[arg + 3])
  if not opened then
    blame(key, key, index)
  end
  table.insert(answers, opened and hwm or text(now))
end
answers[1] = stamp()
return answers

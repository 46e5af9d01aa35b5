--[[ Says where jobs stand; starts those at the present that are new or whose schedule has changed.

  KEYS[1] lease   KEYS[2] jobs   then per job: job   (see run-records.lua)
  ARGV[1] candidate id   ARGV[2] token   then per job: name, fingerprint of its schedule, where its ticks begin if
          it is new (server time, ms; empty: now), order that was followed

  Answers { now, 'opened', hwm or { order }... } or { now, 'fenced' }      an order that has to be followed first
]]
if redis.call('GET', KEYS[1]) ~= ARGV[1] .. '|' .. ARGV[2] then
  return { text(now), 'fenced' }
end

local open = function(key, name, schedule, from, followed)
  local job = redis.call('HMGET', key, 'hwm', 'schedule', 'order')
  if (job[3] or '') ~= followed then
    return { job[3] or '' }
  end
  local hwm = tonumber(job[1] or '')
  if not hwm or job[2] ~= schedule then
    -- A mark whose schedule is lost (a fail-over may have cost Redis its last writes) stays: no tick is passed over.
    hwm = hwm and not job[2] and hwm or math.max(hwm or 0, math.min(tonumber(from) or now, now))
    redis.call('SADD', KEYS[2], name)
    redis.call('HSET', key, 'hwm', text(hwm), 'schedule', schedule)
  end
  return text(hwm)
end

local answers = { text(now), 'opened' }
for number = 1, #KEYS - 2 do
  -- One job that cannot be opened holds up no other: it starts at the present, and its claims say what is wrong.
  local arg = 4 * number - 1
  local opened, hwm = pcall(open, KEYS[2 + number], ARGV[arg], ARGV[arg + 1], ARGV[arg + 2], ARGV[arg + 3])
  table.insert(answers, opened and hwm or text(now))
end
return answers

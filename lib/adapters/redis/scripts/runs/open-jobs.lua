--[[ Answers where jobs stand; starts jobs at the present that are new or whose schedule has changed.
  (keys and records: see README.md)

  KEYS      lease, jobs, removed   then per job: job, then per job: index
  ARGV      candidate id, token
            then per job: name, fingerprint of its schedule, where its ticks begin if it is new (server time, ms;
                          empty: now), the override that was followed
  Answers   { now, 'opened', hwm or { override }... } or { now, 'fenced' }      an override that has to be followed first
]]
local keys, args, items = arguments({
  keys = { 'lease', 'jobs', 'removed' },
  args = { 'candidateId', 'token' },
  itemKeys = { 'job', 'index' },
  itemArgs = { 'name', 'schedule', 'from', 'followed' },
  byColumn = true,
})
if redis.call('GET', keys.lease) ~= args.candidateId .. '|' .. args.token then
  return { nowText, 'fenced' }
end

-- No schedule is a number, empty, or has control characters: such a value says nothing of what the job ticked by.
local fingerprintOf = function(key, value)
  local isSound = value and value ~= '' and #value <= 100000 and not string.find(value, '%c')
    and not (#value < 400 and tonumber(value))
  if value and not isSound then
    invalid(key, 'schedule', value, 'repaired')
  end
  return isSound and value
end

local open = function(item)
  local job = redis.call('HMGET', item.job, 'hwm', 'schedule', 'order')
  local override = job[3] and bounded(job[3]) or ''
  if override ~= item.followed then
    return { override }
  end
  local known = fingerprintOf(item.job, job[2])
  local hwm = watermarkOf(item.job, item.index, job[1])
  if not hwm or known ~= item.schedule then
    -- A watermark whose schedule is lost (a fail-over may have cost Redis its last writes) stays: no tick is lost.
    hwm = hwm and not known and hwm or math.max(hwm or 0, math.min(tonumber(item.from) or now, now))
    -- pcall: where the key has another type, the first claim repairs it.
    redis.pcall('SADD', keys.jobs, item.name)
    redis.call('HSET', item.job, 'hwm', text(hwm), 'schedule', item.schedule)
  end
  return text(hwm)
end

local jobs, names = {}, {}
for item in items do
  jobs[#jobs + 1], names[#names + 1] = item, item.name
end
if #names > 0 then
  -- pcall: where the key has another type, the next sweep repairs it.
  redis.pcall('ZREM', keys.removed, unpack(names))
end

local answers = { '', 'opened' }
for _, item in ipairs(jobs) do
  -- One job that cannot be opened holds up no other: it starts at the present, and its claims say what is wrong.
  local isOpened, hwm = pcall(open, item)
  if not isOpened then
    hasOtherType(item)
  end
  table.insert(answers, isOpened and hwm or nowText)
end
answers[1] = stamp()
return answers

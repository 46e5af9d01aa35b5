--[[ Notes which jobs no pod has, and removes what belongs to those that no pod has had for long enough.

  KEYS      lease, jobs, unfinished, requests, removed   (see README.md)
            then per job that no pod has: job, runs, index, starts
  ARGV      candidate id, token, for how long what belongs to a job is kept (as long as its history): at least, at most,
            and where the job does not say (ms)
            then the names of the jobs that no pod has, then those of jobs that pods have
  Answers   { now, 'swept', name of a job of which nothing is kept any more... } or { now, 'fenced' }
]]
local keys, args, absent, present = arguments({
  keys = { 'lease', 'jobs', 'unfinished', 'requests', 'removed' },
  args = { 'candidateId', 'token', 'leastMs', 'mostMs', 'unknownMs' },
  itemKeys = { 'job', 'runs', 'index', 'starts' },
  itemArgs = { 'name' },
})
if redis.call('GET', keys.lease) ~= args.candidateId .. '|' .. args.token then
  return { nowText, 'fenced' }
end

-- How many slots a call may read, and how many requests; what needs more is left to a later call.
local slotsLeft, MOST_REQUESTS = 500, 250

sizeOf('ZCARD', keys.unfinished, true)
sizeOf('ZCARD', keys.removed, true)
-- Comes first: Redis lets a script that has written go on when memory is full.
redis.call('ZREM', keys.removed, '', unpack(present))

-- The names of jobs for which a run is requested; nil: there are too many to read.
local requestedJobs = function()
  local jobs, standing = {}, sizeOf('HLEN', keys.requests)
  if standing > MOST_REQUESTS then
    return nil
  end
  local requests = standing > 0 and redis.call('HGETALL', keys.requests) or {}
  for at = 2, #requests, 2 do
    jobs[string.match(requests[at], '^%d+|(.*)$') or ''] = true
  end
  return jobs
end
local requested = requestedJobs()

-- Since when no pod has the job, as far as is known: from now on where it was not noted yet.
local absentSince = function(name)
  local noted = redis.call('ZSCORE', keys.removed, name)
  local since = whole(noted, now + SLACK)
  if not since then
    if noted then
      invalid(keys.removed, name, noted, 'clamped')
    end
    redis.call('ZADD', keys.removed, nowText, name)
  end
  return since or now
end

-- When the job was last seen to be alive, by hwm and lastRun. An instant in the future proves nothing.
local aliveAt = function(index, hwm, lastRun)
  local newest = redis.call('ZREVRANGE', index, 0, 0, 'WITHSCORES')[2]
  local endedAt = lastRun and string.match(string.sub(lastRun, 1, 500), '^[^|]*|[^|]*|[^|]*|%d+|%d+|(%d+)|')
  local instant = function(value) return whole(value, now + SLACK) or 0 end
  return math.max(instant(hwm), instant(newest), instant(endedAt))
end

-- An expired job with too many records becomes small enough by and by.
local removeOldest = function(item)
  local oldest = redis.call('ZRANGE', item.index, 0, 99)
  if #oldest > 0 then
    redis.call('HDEL', item.runs, unpack(oldest))
    redis.call('ZREM', item.index, unpack(oldest))
  end
end

-- Records of runs that have ended are in the index. Of a job that has others, each is searched among the unfinished.
local hasUnfinished = function(item)
  local fields = redis.call('HLEN', item.runs)
  if fields <= redis.call('ZCARD', item.index) then
    return false
  end
  if fields > slotsLeft then
    removeOldest(item)
    return true
  end
  slotsLeft = slotsLeft - fields
  local records = redis.call('HGETALL', item.runs)
  for at = 1, #records, 2 do
    if string.find(records[at], '^%d') and redis.call('ZSCORE', keys.unfinished, records[at] .. '|' .. item.name) then
      return true
    end
  end
  return false
end

local remove = function(item)
  for _, key in ipairs({ item.job, item.runs, item.index, item.starts }) do
    -- pcall: where an ACL forbids UNLINK, it takes longer.
    if type(redis.pcall('UNLINK', key)) == 'table' then
      redis.call('DEL', key)
    end
  end
  redis.pcall('SREM', keys.jobs, item.name)
  redis.call('ZREM', keys.removed, item.name)
end

-- Whether nothing of the job is kept any more.
local sweep = function(item)
  local since = absentSince(item.name)
  local hwm, maxAge, lastRun = unpack(redis.call('HMGET', item.job, 'hwm', 'maxAge', 'lastRun'), 1, 3)
  local history = numberOf(item.job, 'maxAge', maxAge) or tonumber(args.unknownMs)
  local keptMs = math.max(tonumber(args.leastMs), math.min(tonumber(args.mostMs), history))
  if math.max(since, aliveAt(item.index, hwm, lastRun)) + keptMs > now then
    return false
  end
  if not requested or requested[item.name] or hasUnfinished(item) then
    return false
  end
  remove(item)
  return true
end

local answers = { nowText, 'swept' }
for item in absent do
  local isDone, isSwept = pcall(sweep, item)
  if not isDone then
    hasOtherType(item)
  elseif isSwept then
    table.insert(answers, item.name)
  end
end
answers[1] = stamp()
return answers

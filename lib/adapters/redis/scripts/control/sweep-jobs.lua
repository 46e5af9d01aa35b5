--[[ Notes which jobs no pod has, and removes what belongs to those that no pod has had for long enough.

  KEYS[1] lease   KEYS[2] jobs   KEYS[3] unfinished   KEYS[4] requests   KEYS[5] removed
  then per job that no pod has: job, runs, index   (see README.md)
  ARGV[1] candidate id   ARGV[2] token   what belongs to a job is kept for as long as its history:
  ARGV[3] at least, ARGV[4] at most, ARGV[5] where the job does not say, ms
  then the names of the jobs that no pod has, then those of jobs that pods have

  Answers { now, 'swept', name of a job of which nothing is kept any more... } or { now, 'fenced' }
]]
if redis.call('GET', KEYS[1]) ~= ARGV[1] .. '|' .. ARGV[2] then
  return { text(now), 'fenced' }
end

local FIRST_NAME, KEYS_BEFORE = 6, 5
local absent = (#KEYS - KEYS_BEFORE) / 3
-- How many slots a call may look at, and how many requests; what needs more is left to a later call.
local slotsLeft, MOST_REQUESTS = 500, 250

sizeOf('ZCARD', KEYS[3], true)
sizeOf('ZCARD', KEYS[5], true)
-- Comes first: Redis lets a script that has written go on when memory is full.
redis.call('ZREM', KEYS[5], '', unpack(ARGV, FIRST_NAME + absent))

-- The names of jobs for which a run is requested; nil: there are too many to look.
local requestedJobs = function()
  local jobs, standing = {}, sizeOf('HLEN', KEYS[4])
  if standing > MOST_REQUESTS then
    return nil
  end
  local requests = standing > 0 and redis.call('HGETALL', KEYS[4]) or {}
  for at = 2, #requests, 2 do
    jobs[string.match(requests[at], '^%d+|(.*)$') or ''] = true
  end
  return jobs
end
local requested = requestedJobs()

-- Since when no pod has the job, as far as is known: from now on where it was not noted yet.
local absentSince = function(name)
  local noted = redis.call('ZSCORE', KEYS[5], name)
  local since = whole(noted, now + SLACK)
  if not since then
    if noted then
      invalid(KEYS[5], name, noted, 'clamped')
    end
    redis.call('ZADD', KEYS[5], text(now), name)
  end
  return since or now
end

-- When the job was last seen to be alive. An instant in the future proves nothing.
local aliveAt = function(index, job)
  local newest = redis.call('ZREVRANGE', index, 0, 0, 'WITHSCORES')[2]
  local endedAt = job[3] and string.match(string.sub(job[3], 1, 500), '^[^|]*|[^|]*|[^|]*|%d+|%d+|(%d+)|')
  local instant = function(value) return whole(value, now + SLACK) or 0 end
  return math.max(instant(job[1]), instant(newest), instant(endedAt))
end

-- Records of runs that have ended are in the index. Of a job that has others, each is looked for among the unfinished.
local hasUnfinished = function(runs, index, name)
  local fields = redis.call('HLEN', runs)
  if fields <= redis.call('ZCARD', index) then
    return false
  end
  if fields > slotsLeft then
    -- It has expired: it becomes small enough by and by.
    local oldest = redis.call('ZRANGE', index, 0, 99)
    if #oldest > 0 then
      redis.call('HDEL', runs, unpack(oldest))
      redis.call('ZREM', index, unpack(oldest))
    end
    return true
  end
  slotsLeft = slotsLeft - fields
  local records = redis.call('HGETALL', runs)
  for at = 1, #records, 2 do
    if string.find(records[at], '^%d') and redis.call('ZSCORE', KEYS[3], records[at] .. '|' .. name) then
      return true
    end
  end
  return false
end

local sweep = function(name, key)
  local since = absentSince(name)
  local job = redis.call('HMGET', KEYS[key], 'hwm', 'maxAge', 'lastRun')
  local history = numberOf(KEYS[key], 'maxAge', job[2]) or tonumber(ARGV[5])
  local keptMs = math.max(tonumber(ARGV[3]), math.min(tonumber(ARGV[4]), history))
  if math.max(since, aliveAt(KEYS[key + 2], job)) + keptMs > now then
    return false
  end
  if not requested or requested[name] or hasUnfinished(KEYS[key + 1], KEYS[key + 2], name) then
    return false
  end
  for at = key, key + 2 do
    -- pcall: where an ACL forbids UNLINK, it takes longer.
    if type(redis.pcall('UNLINK', KEYS[at])) == 'table' then
      redis.call('DEL', KEYS[at])
    end
  end
  redis.pcall('SREM', KEYS[2], name)
  redis.call('ZREM', KEYS[5], name)
  return true
end

local answers = { text(now), 'swept' }
for number = 0, absent - 1 do
  local name, key = ARGV[FIRST_NAME + number], KEYS_BEFORE + 1 + 3 * number
  local done, isSwept = pcall(sweep, name, key)
  if not done then
    hasOtherType({ job = KEYS[key], runs = KEYS[key + 1], index = KEYS[key + 2] })
  elseif isSwept then
    table.insert(answers, name)
  end
end
answers[1] = stamp()
return answers

--[[ Requests one run of each job at the start of a version, unless one was requested before.

  KEYS      lease, requests, jobs, then of each job: starts   (see README.md)
  ARGV      candidate id, token, then of each job: name, handle of version and job, how long it is kept (ms)
  Answers   { now, 'requested', name of a job whose run is requested now... } or { now, 'fenced' }
]]
local keys, args, starts = arguments({
  keys = { 'lease', 'requests', 'jobs' },
  args = { 'candidateId', 'token' },
  itemKeys = { 'starts' },
  itemArgs = { 'name', 'handle', 'keptMs' },
})
if redis.call('GET', keys.lease) ~= args.candidateId .. '|' .. args.token then
  return { nowText, 'fenced' }
end
sizeOf('HLEN', keys.requests, true)

-- How many versions of a job are remembered at most.
local MOST_VERSIONS = 1000

-- A leader sends its handles again and again: its version is seen now. Versions that have not led for long, and the oldest
-- of too many, are forgotten, some at a time.
local see = function(start, size)
  register(keys.jobs, start.name)
  redis.call('ZADD', start.starts, nowText, start.handle)
  if size > MOST_VERSIONS then
    redis.call('ZREM', start.starts, unpack(redis.call('ZRANGE', start.starts, 0, 99)))
  end
  local oldest = text(now - tonumber(start.keptMs))
  local old = redis.call('ZRANGEBYSCORE', start.starts, '-inf', '(' .. oldest, 'LIMIT', 0, 100)
  if #old > 0 then
    redis.call('ZREM', start.starts, unpack(old))
  end
end

local answers = { nowText, 'requested' }
for start in starts do
  -- A key of another type may hide that the run was requested before: at most once comes before once.
  local size, isOther = sizeOf('ZCARD', start.starts)
  if not isOther then
    local isSeen = redis.call('ZSCORE', start.starts, start.handle)
    see(start, size)
    -- One that waits, as for the end of a pause, does not expire while its version leads.
    if not isSeen or redis.call('HEXISTS', keys.requests, start.handle) == 1 then
      redis.call('HSET', keys.requests, start.handle, nowText .. '|' .. start.name)
    end
    if not isSeen then
      table.insert(answers, start.name)
    end
  end
end
answers[1] = stamp()
return answers

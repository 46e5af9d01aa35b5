--[[ What the scripts about runs have in common; redis-scripts.ts puts it before each of them.

  slot            of a tick among those of its job: "<tick>", or "<tick>@<handle>" when fired by hand
  record          "<state>|<runId>|<token>|<attempt>|<at>|<reason>|<facts, JSON>"; at: server time of its state, ms

  unfinished      zset  "<slot>|<job>" by the instant until which the run is live (server time, ms);
                        0: queued or given back, -1: another run took its run-lock
  jobs            set   names
  job:<name>      hash  hwm, schedule, token (highest seen); lock, queued (slots);
                        pausedFrom, pausedUntil, pausedReason; order (a schedule in place of its own);
                        barredAt (when a run of an earlier term last blocked a tick);
                        lastRun, lastSuccess, lastManual ("<slot>|<record>"); counters: started, and one per end state
  runs:<name>     hash  slot -> record
  index:<name>    zset  slots of ended runs by tick

                        "!<runId>" -> when somebody asked that this run should end
  control         hash  of all jobs: pausedFrom, pausedUntil, pausedReason; orders (counts them);
                        resign (token of the term that is asked to)
  requests        hash  handle -> "<tick>|<job>", of the runs that are asked for and not decided about
  specs           hash  name -> what the leader tells of a job, JSON
  settled         hash  "<candidate>|<token>|<call>" -> ",<question>,<question>,": of the last page of a leader, those
                        by which it abandoned a run ("<runId>|<new id>"); expires an hour after the last of them

  Keys are read before the first write, so that one of a wrong type leaves nothing half-written.
]]
-- Without a state: there is a record, and it cannot be read.
local recordOf = function(runs, slot)
  local packed = redis.call('HGET', runs, slot)
  if not packed then
    return nil
  end
  local state, runId, token, attempt, at, reason, facts =
    string.match(packed, '^([^|]+)|([^|]*)|(%d+)|(%d+)|(%d+)|([^|]*)|(.*)$')
  return { state = state, runId = runId, token = token, attempt = attempt, at = at, reason = reason, facts = facts }
end

local pack = function(state, runId, token, attempt, reason, facts)
  return table.concat({ state, runId, token, attempt, text(now), reason, facts }, '|')
end

-- Nothing depends on counters: one that was tampered with fails nothing.
local count = function(job, field, by)
  redis.pcall('HINCRBY', job, field, by)
end

-- Drops what is more or older than is kept; a hundred of each at most, the rest with the runs that end next.
local trim = function(run)
  local drop = function(slots)
    for _, slot in ipairs(slots) do
      redis.call('HDEL', run.runs, slot)
      redis.call('ZREM', run.index, slot)
    end
  end
  local surplus = redis.call('ZCARD', run.index) - run.keep
  if surplus > 0 then
    drop(redis.call('ZRANGE', run.index, 0, math.min(surplus, 100) - 1))
  end
  drop(redis.call('ZRANGEBYSCORE', run.index, '-inf', text(now - run.maxAgeMs - 1), 'LIMIT', 0, 100))
end

-- Writes the last word on a tick. ZREM comes first: Redis lets a script that has written go on when memory is full.
local close = function(run, packed)
  redis.call('ZREM', run.unfinished, run.member)
  redis.call('HSET', run.runs, run.slot, packed)
  redis.call('ZADD', run.index, run.tick, run.slot)
  if string.find(run.slot, '@', 1, true) then
    -- Whoever asked for it wants to know, even where no record is kept.
    redis.call('HSET', run.job, 'lastManual', run.slot .. '|' .. packed)
  end
  trim(run)
end

-- What the job remembers of a run that ended after it had started, for longer than its record.
local remember = function(run, state, packed)
  redis.call('HSET', run.job, 'lastRun', run.slot .. '|' .. packed)
  if state == 'succeeded' then
    redis.call('HSET', run.job, 'lastSuccess', run.slot .. '|' .. packed)
  end
  count(run.job, state, 1)
end

-- Frees the run-lock and the place in the queue, where they are this slot's. A leader of another term is notified if
-- the run has blocked a tick of it, or a tick of it is queued behind the run. Other runs cost no message.
local letGo = function(run, record, channel)
  local job = redis.call('HMGET', run.job, 'lock', 'queued', 'barredAt')
  if job[2] == run.slot then
    redis.call('HDEL', run.job, 'queued')
  end
  if job[1] ~= run.slot then
    return
  end
  redis.call('HDEL', run.job, 'lock')
  local queued = job[2] and job[2] ~= run.slot and recordOf(run.runs, job[2])
  local blocks = (tonumber(job[3] or '') or 0) >= tonumber(record.at)
  if blocks or (queued and queued.state == 'queued' and queued.token ~= record.token) then
    -- pcall: where an ACL forbids the channel, the leader finds it by polling.
    redis.pcall('PUBLISH', channel, 'run-ended:' .. string.sub(run.member, #run.slot + 2))
  end
end

-- The lock of a run that is no longer live goes to another one; the loser's next heartbeat tells it.
local dispossess = function(unfinished, member)
  if redis.call('ZSCORE', unfinished, member) then
    redis.call('ZADD', unfinished, -1, member)
  end
end

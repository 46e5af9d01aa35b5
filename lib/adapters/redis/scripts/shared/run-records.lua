--[[ What the scripts about runs have in common; redis-scripts.ts puts it before each of them.

  slot            of a tick among those of its job: "<tick>", or "<tick>@<handle>" when fired by hand
  record          "<state>|<runId>|<token>|<attempt>|<at>|<reason>|<facts, JSON>"; at: server time of its state, ms

  unfinished      zset  "<slot>|<job>" by the instant until which the run is live (server time, ms);
                        0: queued or given back, -1: another run took its run-lock
  jobs            set   names
  job:<name>      hash  hwm, schedule, token (highest seen); lock, queued (slots);
                        pausedFrom, pausedUntil, pausedReason; order (a schedule in place of its own);
                        barredAt (when a run of an earlier term last blocked a tick);
                        lastRun, lastSuccess, lastManual ("<slot>|<record>"); counters: started, and one per end state;
                        maxAge (for how long its history is kept, ms)
  runs:<name>     hash  slot -> record
                        "!<runId>" -> when somebody asked that this run should end
                        "@<handle>" -> tick of the run that was requested so and has not ended
  index:<name>    zset  slots of ended runs by tick
  control         hash  of all jobs: pausedFrom, pausedUntil, pausedReason; orders (counts them);
                        resign (token of the term that is asked to)
  requests        hash  handle -> "<tick>|<job>", of the runs that are asked for and not decided about
  specs           hash  name -> what the leader tells of a job, JSON
  removed         zset  names of jobs that no pod has, by when that was first noted (server time, ms)
  settled         hash  "<candidate>|<token>|<call>" -> ",<question>,<question>,": of the last page of a leader, those
                        by which it abandoned a run ("<runId>|<new id>"); expires an hour after the last of them

  Keys are read before the first write, so that one of a wrong type leaves nothing half-written.
]]
-- A request that no pod has taken for so long is not run any more, ms.
local REQUEST_AGE = 3600000

-- Without a state: there is a record, and it cannot be read.
local recordOf = function(runs, slot)
  local packed = redis.call('HGET', runs, slot)
  if not packed then
    return nil
  end
  local state, runId, token, attempt, at, reason, facts =
    string.match(packed, '^([^|]+)|([^|]*)|(%d+)|(%d+)|(%d+)|([^|]*)|(.*)$')
  if not (whole(token) and whole(attempt, 1000000) and whole(at)) then
    invalid(runs, slot, packed, 'ignored')
    return {}
  end
  return { state = state, runId = runId, token = token, attempt = attempt, at = at, reason = reason, facts = facts }
end

local pack = function(state, runId, token, attempt, reason, facts)
  return table.concat({ state, runId, token, attempt, text(now), reason, facts }, '|')
end

-- Nothing depends on counters: one that cannot be counted on begins anew.
local count = function(job, field, by)
  local sum = redis.pcall('HINCRBY', job, field, by)
  if type(sum) ~= 'number' or sum < math.min(by, 0) or sum > 9e15 then
    local value = redis.pcall('HGET', job, field)
    if type(value) == 'string' then
      invalid(job, field, value, 'repaired')
      redis.call('HSET', job, field, text(math.max(by, 0)))
    end
  end
end

-- The slot that a field of the job names. A tick has no lock and no place in a queue before it is due, unless the clock
-- of Redis was set back since: then its record says so. A manual run is named by the clock of its pod, which may be ahead.
local slotOf = function(run, field, value)
  if not value then
    return nil
  end
  local tick, rest = string.match(string.sub(value, 1, 300), '^(%d+)([^|]*)$')
  local isManual = rest and string.sub(rest, 1, 1) == '@'
  if #value <= 300 and (isManual and whole(tick, 8.64e15) or rest == '' and whole(tick, now + SLACK)) then
    return value
  end
  local record = rest == '' and whole(tick, 8.64e15) and recordOf(run.runs, value)
  if record and (record.state == 'claimed' or record.state == 'queued') then
    return value
  end
  invalid(run.job, field, value, 'ignored')
end

--[[ The watermark of a job. One that cannot be read, or lies in the future, would silence the job, so it is replaced:
  by the newest tick in the index, else by the instant up to which a tick may have been claimed by now.

  No tick starts twice because of that. A tick that was decided has a record that is kept (claimed, queued, released:
  the claim looks at records first), or it is in the index, or its record was trimmed: trimming takes the oldest ticks
  of the index, so what was trimmed lies at or below the newest tick that is left. Hence every decided tick has a
  record or is at or below the new watermark; and a run that ends later, whose record may be trimmed, moves the
  watermark up to its tick again (`close`). With an empty index nothing proves that: then a mark that can be read
  stays where the job has ever finished a run or one has started (records may not be kept: after the clock of Redis was
  set back, its tick would be due again), and the job counts as overdue until then; one that cannot be read becomes
  now + EARLY, for no tick is claimed earlier than EARLY before it is due.
  A watermark in the future that the index confirms is right: those ticks were decided, by a clock that was ahead.
]]
local EARLY = 50
local watermarkOf = function(job, index, value)
  local hwm = whole(value)
  if not value or hwm and hwm <= now + SLACK then
    return hwm
  end
  local newest = whole(redis.call('ZREVRANGE', index, 0, 0, 'WITHSCORES')[2])
  if hwm and newest and newest >= hwm then
    return hwm
  end
  local ran = redis.call('HMGET', job, 'lastRun', 'started')
  if hwm and not newest and (ran[1] or ran[2] and ran[2] ~= '0') then
    invalid(job, 'hwm', value, 'ignored')
    return hwm
  end
  local mark = newest or now + EARLY
  invalid(job, 'hwm', value, hwm and 'clamped' or 'repaired')
  redis.call('HSET', job, 'hwm', text(mark))
  return mark
end

-- Whether a later term has decided about the job, by the highest token seen. Tokens are instants of the server or follow
-- on the one before: one that lies in the future is no token of a later term while this one has the lease.
local isFenced = function(job, value, token)
  local seen = numberOf(job, 'token', value, nil, 'repaired') or 0
  if seen > token and seen > now + SLACK then
    invalid(job, 'token', value, 'repaired')
    return false
  end
  return seen > token
end

-- From when until when a job, or all of them, are paused. What cannot be read pauses nothing.
local pauseOf = function(key, from, untilWhen)
  local ends = numberOf(key, 'pausedUntil', untilWhen) or 0
  return numberOf(key, 'pausedFrom', from) or ends, ends
end

-- For how long a run sets its lock each time. Its claim says so, for pods may have another ttl than the one that asks,
-- as in a rolling update that changes it. Those of 0.3 do not say: theirs is at most this, ms.
local UNKNOWN_LOCK, LONGEST_LOCK = 600000, 86400000
local lockOf = function(record, lockMs)
  if not (record and record.state) then
    return lockMs
  end
  local own = whole(string.match(string.sub(record.facts, 1, 40), '^{"lockMs":(%d+)[,}]'), LONGEST_LOCK)
  return math.max(lockMs, own or UNKNOWN_LOCK)
end

-- Until when the run of a record is live. No lock lasts longer than it was set for: one that would is brought back to
-- that.
local liveUntil = function(unfinished, member, lockMs, record)
  local score = redis.call('ZSCORE', unfinished, member)
  if score and lockMs > 0 and tonumber(score) > now + lockMs + SLACK then
    local longest = lockOf(record, lockMs)
    if tonumber(score) > now + longest + SLACK then
      invalid(unfinished, member, score, 'clamped')
      redis.call('ZADD', unfinished, text(now + longest), member)
      return now + longest
    end
  end
  return score and tonumber(score)
end

-- Counts the lock of a run anew, for a question that is repeated. It always writes something: WAIT speaks of what was
-- written on its own connection, and what was first asked for on another one has to be confirmed, too.
local prolong = function(run, score, lockMs)
  local untilWhen = now + lockMs
  if tonumber(score) == untilWhen then
    untilWhen = untilWhen + 1
  end
  redis.call('ZADD', run.unfinished, text(untilWhen), run.member)
end

-- Of a job that a script cannot work on: reports which of its keys has another type, and answers whether one has.
-- No leader can work on it then.
local blame = function(job, runs, index)
  local _, isJobOther = sizeOf('HLEN', job)
  local _, areRunsOther = sizeOf('HLEN', runs)
  local _, isIndexOther = sizeOf('ZCARD', index)
  return isJobOther or areRunsOther or isIndexOther or false
end

-- How many records a call may drop beside two for each that it writes; the rest goes with the runs that end next.
local spare = 100

-- The oldest ones that are more, or older, than is kept: at most two, or as many as are too many and may be dropped.
local surplusOf = function(run)
  local surplus = redis.call('ZCARD', run.index) - run.keep
  local size = math.max(2, math.min(surplus, spare))
  local slots = redis.call('ZRANGEBYSCORE', run.index, '-inf', '(' .. text(now - run.maxAgeMs), 'LIMIT', 0, size)
  if surplus <= #slots then
    return slots
  end
  return redis.call('ZRANGE', run.index, 0, math.min(surplus, size) - 1)
end

local trim = function(run)
  local slots = surplusOf(run)
  if #slots > 0 then
    spare = spare - #slots
    redis.call('HDEL', run.runs, unpack(slots))
    redis.call('ZREM', run.index, unpack(slots))
  end
end

-- Writes the last word on a tick. ZREM comes first: Redis lets a script that has written go on when memory is full.
-- `hwm`: the watermark, where the tick was decided before: one that was replaced meanwhile may lie below it.
local close = function(run, packed, hwm)
  redis.call('ZREM', run.unfinished, run.member)
  redis.call('HSET', run.runs, run.slot, packed)
  redis.call('ZADD', run.index, run.tick, run.slot)
  if string.find(run.slot, '@', 1, true) then
    -- Whoever asked for it wants to know, even where no record is kept.
    redis.call('HSET', run.job, 'lastManual', run.slot .. '|' .. packed)
    redis.call('HDEL', run.runs, string.match(run.slot, '@.*$'))
  elseif hwm and (whole(hwm) or math.huge) < tonumber(run.tick) then
    redis.call('HSET', run.job, 'hwm', run.tick)
  end
  trim(run)
end

-- What the job remembers of a run that ended after it had started, for longer than its record.
local remember = function(run, state, packed)
  local last = run.slot .. '|' .. packed
  -- A pod that does not have the job cannot say for how long its history is kept.
  local isKnown = run.maxAgeMs < 9e15
  redis.call('HSET', run.job, 'lastRun', last, state == 'succeeded' and 'lastSuccess' or 'lastRun', last,
    isKnown and 'maxAge' or 'lastRun', isKnown and text(run.maxAgeMs) or last)
  count(run.job, state, 1)
end

-- Frees the run-lock and the place in the queue, where they are this slot's. A leader of another term is notified if
-- the run has blocked a tick of it, or a tick of it is queued behind the run. Other runs cost no message.
-- `held`: the fields lock, queued and barredAt of the job, where they have been read.
local letGo = function(run, record, channel, held)
  local lock, waiting, barredAt = unpack(held or redis.call('HMGET', run.job, 'lock', 'queued', 'barredAt'), 1, 3)
  if waiting == run.slot then
    redis.call('HDEL', run.job, 'queued')
  end
  if lock ~= run.slot then
    return
  end
  redis.call('HDEL', run.job, 'lock')
  local queued = waiting and waiting ~= run.slot and recordOf(run.runs, waiting)
  local blocks = (numberOf(run.job, 'barredAt', barredAt, now + SLACK) or 0) >= tonumber(record.at)
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

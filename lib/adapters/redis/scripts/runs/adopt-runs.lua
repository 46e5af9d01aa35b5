--[[ Settles runs whose pod died, on behalf of a term.   (keys and records: see README.md)

  KEYS      lease, unfinished, control, settled   then per orphan: job, runs, index
  ARGV      candidate id, token, run lock (ms), channel of events, number of the call among those sent together
            then per orphan: job name, slot, tick, run id, wish (recover, abandon), new run id, keep, max age (ms), facts
  Answers   { now, { kind, attempt }... }   kinds: see AdoptAnswer

  The order of the checks of an orphan is an invariant:
  1. A question that abandoned the run before is answered as then, also when its term is over: the leader that abandons
     a run reports it.
  2. The term. From here on the script may write.
  3. An orphan that was recovered for the same question: the answer was lost.
  4. A live run is left alone, whatever its record says; then an entry without a run that may be adopted is removed.
  5. A queued or released tick is released: a claim decides about it. A pause does not matter for that.
  6. A run whose abort was requested is abandoned and not recovered, also during a pause.
  7. During a pause nothing of the schedule starts; then the run lock decides whether the run may start.
]]
local keys, args, orphans = arguments({
  keys = { 'lease', 'unfinished', 'control', 'settled' },
  args = { 'candidateId', 'token', 'lockMs', 'channel', 'call' },
  itemKeys = { 'job', 'runs', 'index' },
  itemArgs = { 'name', 'slot', 'tick', 'runId', 'wish', 'newRunId', 'keep', 'maxAgeMs', 'facts' },
})
local token, lockMs = tonumber(args.token), tonumber(args.lockMs)
local leads = redis.call('GET', keys.lease) == args.candidateId .. '|' .. args.token
local _, allPausedUntil = pauseOf(keys.control, nil, fieldsOf(keys.control, 'pausedUntil')[1])
sizeOf('ZCARD', keys.unfinished, leads)
local call = table.concat({ args.candidateId, args.token, args.call }, '|')
sizeOf('HLEN', keys.settled, leads)
local settled = redis.pcall('HGET', keys.settled, call)
settled = type(settled) == 'string' and settled or ''
local abandoned = {}
-- Removes nothing: Redis lets a script that has written go on when memory is full.
redis.call('ZREM', keys.unfinished, '')

-- Whether the run lock is, or may become, the run's; a run that overlaps by permission needs none.
local mayRun = function(run, lock, score)
  if lock == run.slot or score >= 0 then
    return true
  end
  local other = lock and lock .. '|' .. run.name
  return not other or (liveUntil(run.unfinished, other, lockMs, recordOf(run.runs, lock)) or 0) <= now
end

local recover = function(run, lock, score, record)
  local attempt = text(record.attempt + 1)
  redis.call('HSET', run.job, 'token', args.token)
  redis.call('HSET', run.runs, run.slot, pack('claimed', run.newRunId, args.token, attempt, '', run.facts))
  redis.call('ZADD', run.unfinished, text(now + lockMs), run.member)
  if lock == run.slot or score < 0 then
    if lock and lock ~= run.slot then
      dispossess(run.unfinished, lock .. '|' .. run.name)
    end
    redis.call('HSET', run.job, 'lock', run.slot)
  end
  return { 'recovered', attempt }
end

local abandon = function(run, record, hwm)
  table.insert(abandoned, run.question)
  -- When it was claimed, which its new state would hide.
  local startedAt = string.format('%s"startedAt":%s}', record.facts == '{}' and '' or ',', record.at)
  local facts = string.gsub(record.facts, '}$', startedAt)
  local packed = pack('abandoned', record.runId, record.token, record.attempt, '', facts)
  close(run, packed, hwm)
  redis.call('HDEL', run.runs, '!' .. record.runId)
  releaseLock(run, record, args.channel)
  remember(run, 'abandoned', packed)
  return { 'abandoned' }
end

local release = function(run, record)
  if record.state == 'queued' then
    redis.call('HSET', run.runs, run.slot, pack('released', record.runId, record.token, record.attempt, '', record.facts))
    releaseLock(run, record, args.channel)
  end
  redis.call('ZADD', run.unfinished, 0, run.member)
  return { 'released' }
end

local checkSettled = function(run)
  if string.find(settled, ',' .. run.question .. ',', 1, true) then
    table.insert(abandoned, run.question)
    return { 'abandoned' }
  end
end

local checkRecovered = function(run, record)
  if not record or record.state ~= 'claimed' or record.runId ~= run.newRunId then
    return nil
  end
  local lockedUntil = redis.call('ZSCORE', run.unfinished, run.member) or '-1'
  if tonumber(lockedUntil) < 0 then
    return { 'left' }
  end
  prolong(run, lockedUntil, lockMs)
  return { 'recovered', record.attempt }
end

local checkLive = function(run, record, score)
  if score > now then
    return { 'left' }
  end
  local state = record and record.state
  if state ~= 'claimed' and state ~= 'queued' and state ~= 'released' then
    redis.call('ZREM', run.unfinished, run.member)
    return { 'left' }
  end
  if record.runId ~= run.runId then
    return { 'left' }
  end
end

-- Of a manual run pauses are not checked.
local isPaused = function(run, storedPausedUntil)
  local _, pausedUntil = pauseOf(run.job, nil, storedPausedUntil)
  return math.max(allPausedUntil, pausedUntil) > now and not string.find(run.slot, '@', 1, true)
end

-- `job`: the fields token, lock, pausedUntil and hwm.
local settle = function(run, record, score, job)
  if record.state ~= 'claimed' then
    return release(run, record)
  end
  if run.wish == 'abandon' or redis.call('HEXISTS', run.runs, '!' .. record.runId) == 1 then
    return abandon(run, record, job[4])
  end
  if isPaused(run, job[3]) then
    return { 'left' }
  end
  local lock = slotOf(run, 'lock', job[2])
  return mayRun(run, lock, score) and recover(run, lock, score, record) or { 'left' }
end

local adopt = function(run)
  run.unfinished, run.member = keys.unfinished, run.slot .. '|' .. run.name
  run.keep, run.maxAgeMs = tonumber(run.keep), tonumber(run.maxAgeMs)
  run.question = run.runId .. '|' .. run.newRunId
  local answer = checkSettled(run)
  if answer then
    return answer
  end
  local job = redis.call('HMGET', run.job, 'token', 'lock', 'pausedUntil', 'hwm')
  redis.call('ZCARD', run.index)
  if not leads or isFenced(run.job, job[1], token) then
    return { 'fenced' }
  end
  local record = recordOf(run.runs, run.slot)
  answer = checkRecovered(run, record)
  if answer then
    return answer
  end
  local score = liveUntil(run.unfinished, run.member, lockMs, record) or 0
  return checkLive(run, record, score) or settle(run, record, score, job)
end

local answers = { nowText }
for run in orphans do
  -- One orphan whose keys have another type holds up no other.
  local isDone, answer = pcall(adopt, run)
  if not isDone then
    hasOtherType(run)
  end
  table.insert(answers, isDone and answer or { 'left' })
end
if #abandoned > 0 then
  redis.pcall('HSET', keys.settled, call, ',' .. table.concat(abandoned, ',') .. ',')
  redis.pcall('PEXPIRE', keys.settled, 3600000)
end
answers[1] = stamp()
return answers

--[[ Claims ticks, in order; each claim sees what those before it did.   (keys and records: see README.md)

  KEYS      lease, unfinished, jobs, control, requests   then per claim: job, runs, index
  ARGV      candidate id, token, run lock (ms)
            then per claim: job name, slot, tick, run id, intent (run, skipped, missed), reason,
                            overlap (skip, allow, queue), keep, max age (ms), facts, recovers ('1' or '0'),
                            handle of the request that it answers, or ''
  Answers   { now, { kind, detail }... }   kinds: see ClaimAnswer; the detail is an attempt, a reason, ms to wait, or
            what failed; then 'invalid' follows where a key of the job has another type

  The order of the checks is an invariant; each one relies on those before it. Of a manual run, 4 to 6 are not checked;
  but one at the start of a version waits, undecided, for the end of a pause (before 4) and of other runs (in 8).
  1. The record of the tick, before anything about the term: a claim whose answer was lost finds its own run, also
     when its term is over; and no other check may grant a tick that has a record. A released tick goes on.
  2. The term. From here on the claim may write: only the leader repairs the watermark of a job.
  3. The request that the run answers: without it, or when it has expired, nothing is decided.
  4. The time. Before the pause, which may end until the tick is due; and no decision moves the watermark into the
     future. A tick at or below the watermark is not early, whatever the clock says.
  5. The pause: nothing starts during one, and a tick that fell into one is recorded as skipped.
  6. The watermark: a tick at or below it, without a record, was decided before. A released tick has a record:
     without that exemption it would be lost.
  7. The intent: what is only recorded needs no run lock.
  8. Overlap, last, because its outcome depends on the lock of another run, and it may leave the tick undecided.
]]
local keys, args, claims = arguments({
  keys = { 'lease', 'unfinished', 'jobs', 'control', 'requests' },
  args = { 'candidateId', 'token', 'lockMs' },
  itemKeys = { 'job', 'runs', 'index' },
  itemArgs = { 'name', 'slot', 'tick', 'runId', 'intent', 'reason', 'overlap', 'keep', 'maxAgeMs', 'facts', 'recovers',
    'request' },
})
local token, lockMs = tonumber(args.token), tonumber(args.lockMs)
local lockedUntil = text(now + lockMs)
local leads = redis.call('GET', keys.lease) == args.candidateId .. '|' .. args.token
local pauseOfAll = fieldsOf(keys.control, 'pausedFrom', 'pausedUntil')
sizeOf('ZCARD', keys.unfinished, leads)

-- Writes that the tick is decided, and one field of the job with it: which run has its lock or waits in its queue.
local decide = function(claim, field, value)
  register(keys.jobs, claim.name)
  if claim.request ~= '' then
    redis.call('HDEL', keys.requests, claim.request)
    redis.call('HSET', claim.runs, '@' .. claim.request, claim.tick)
  end
  if claim.isManual then
    redis.call('HSET', claim.job, 'token', args.token, field or 'token', value or args.token)
  else
    redis.call('HSET', claim.job, 'token', args.token, field or 'token', value or args.token,
      'hwm', text(math.max(claim.hwm, claim.dueAt)))
  end
  if claim.queued == claim.slot and field ~= 'queued' then
    redis.call('HDEL', claim.job, 'queued')
  end
end

-- The tick does not run, and its record says why.
local dismiss = function(claim, state, reason, answer)
  decide(claim)
  close(claim, pack(state, claim.runId, args.token, '1', reason, claim.facts))
  count(claim.job, state, 1)
  return answer
end

-- A run that was adopted and released has been attempted before.
local attemptOf = function(claim)
  return claim.record and claim.record.attempt or '1'
end

local write = function(claim, state)
  redis.call('HSET', claim.runs, claim.slot, pack(state, claim.runId, args.token, attemptOf(claim), '', claim.facts))
end

-- Reads everything before the first write. The fields of a claim that checks need come with it.
local read = function(claim)
  claim.unfinished, claim.member = keys.unfinished, claim.slot .. '|' .. claim.name
  claim.isManual, claim.dueAt = claim.slot ~= claim.tick, tonumber(claim.tick)
  claim.keep, claim.maxAgeMs = tonumber(claim.keep), tonumber(claim.maxAgeMs)
  local job = redis.call('HMGET', claim.job, 'hwm', 'token', 'pausedUntil', 'lock', 'queued', 'pausedFrom')
  claim.lock, claim.queued = slotOf(claim, 'lock', job[4]), slotOf(claim, 'queued', job[5])
  redis.call('ZCARD', claim.index)
  claim.record = recordOf(claim.runs, claim.slot)
  return job
end

local checkRecord = function(claim)
  local record = claim.record
  if not record then
    return nil
  end
  if record.state == 'claimed' and record.runId == claim.runId then
    local score = redis.call('ZSCORE', claim.unfinished, claim.member)
    if not score or tonumber(score) < 0 then
      return { 'taken' }
    end
    prolong(claim, score, lockMs)
    return { 'mine', record.attempt }
  end
  -- A record that cannot be read may be that of a run, too.
  if record.state ~= 'released' and not (record.state == 'queued' and record.runId == claim.runId) then
    return { 'taken' }
  end
end

local checkTerm = function(claim, storedToken)
  if not leads or isFenced(claim.job, storedToken, token) then
    return { 'fenced' }
  end
end

local checkRequest = function(claim)
  if claim.request == '' or claim.record then
    return nil
  end
  if not redis.call('HGET', keys.requests, claim.request) or now - claim.dueAt >= requestAge(claim.request) then
    return { 'taken' }
  end
end

-- It waits for the end of a pause, and is not decided by it.
local checkStart = function(claim, pausedFrom, pausedUntil)
  if not claim.isManual or claim.intent ~= 'run' or not isStart(claim.slot) then
    return nil
  end
  local _, allUntil = pauseOf(keys.control, pauseOfAll[1], pauseOfAll[2])
  local _, jobUntil = pauseOf(claim.job, pausedFrom, pausedUntil)
  local pausedMs = math.max(allUntil, jobUntil) - now
  if pausedMs > 0 then
    return { 'blocked', text(pausedMs) }
  end
end

local isPaused = function(key, from, untilWhen, tick)
  local starts, ends = pauseOf(key, from, untilWhen)
  return ends > now or starts <= tick and tick < ends
end

local checkTime = function(claim, pausedFrom, pausedUntil)
  if claim.isManual then
    return nil
  end
  local isPast = not claim.record and claim.dueAt <= claim.hwm
  if not isPast and claim.dueAt > now + EARLY then
    return { 'early', text(claim.dueAt - now) }
  end
  if claim.intent == 'run' and (isPaused(keys.control, pauseOfAll[1], pauseOfAll[2], claim.dueAt)
      or isPaused(claim.job, pausedFrom, pausedUntil, claim.dueAt)) then
    return dismiss(claim, 'skipped', 'paused', { 'paused' })
  end
  return isPast and { 'past' } or nil
end

local checkIntent = function(claim)
  if claim.intent ~= 'run' then
    return dismiss(claim, claim.intent, claim.reason, { 'noted' })
  end
end

-- The queue slot is free, or holds this tick, or one that does not wait any more.
local isQueueFull = function(claim)
  local waiting = claim.queued and claim.queued ~= claim.slot and recordOf(claim.runs, claim.queued)
  return waiting and waiting.state == 'queued'
end

local enqueue = function(claim, liveMs)
  if isQueueFull(claim) then
    return dismiss(claim, 'skipped', 'queue-full', { 'overlap', 'queue-full' })
  end
  decide(claim, 'queued', claim.slot)
  if not claim.record or claim.record.state ~= 'queued' then
    write(claim, 'queued')
  end
  redis.call('ZADD', claim.unfinished, 0, claim.member)
  return { 'queued', text(liveMs) }
end

-- `claim.lapsed` is left behind: the run whose lock the tick takes.
local checkOverlap = function(claim)
  if claim.overlap == 'allow' or not claim.lock or claim.lock == claim.slot then
    return nil
  end
  local other = claim.lock .. '|' .. claim.name
  local holder = recordOf(claim.runs, claim.lock)
  local score = liveUntil(claim.unfinished, other, lockMs, holder)
  local liveMs = (score or 0) - now
  -- A crashed run that is to be run again goes first, if it can be found: it is adopted within about 100 ms.
  local isAwaited = score and liveMs <= 0 and claim.recovers == '1' and holder and holder.state == 'claimed'
  if isAwaited then
    liveMs = 100
  end
  if liveMs <= 0 then
    claim.lapsed = other
    return nil
  end
  -- Its request stands until it starts, for a leader of its version: in the queue it would keep others out.
  if claim.isManual and isStart(claim.slot) then
    return { 'blocked', text(liveMs) }
  end
  if claim.overlap ~= 'skip' then
    return enqueue(claim, liveMs)
  end
  if not claim.isManual and holder and (isAwaited or holder.token ~= args.token) then
    redis.call('HSET', claim.job, 'barredAt', text(now))
    return { 'blocked', text(liveMs) }
  end
  return dismiss(claim, 'skipped', 'running', { 'overlap', 'running' })
end

local start = function(claim)
  if claim.overlap == 'allow' then
    decide(claim)
  else
    decide(claim, 'lock', claim.slot)
  end
  if claim.lapsed then
    dispossess(claim.unfinished, claim.lapsed)
  end
  write(claim, 'claimed')
  redis.call('ZADD', claim.unfinished, lockedUntil, claim.member)
  count(claim.job, 'started', 1)
  return { 'go', attemptOf(claim) }
end

local answerTo = function(claim)
  local hwm, storedToken, pausedUntil, _, _, pausedFrom = unpack(read(claim), 1, 6)
  local answer = checkRecord(claim) or checkTerm(claim, storedToken)
  if answer then
    return answer
  end
  claim.hwm = watermarkOf(claim.job, claim.index, hwm) or 0
  return checkRequest(claim) or checkStart(claim, pausedFrom, pausedUntil)
    or checkTime(claim, pausedFrom, pausedUntil) or checkIntent(claim) or checkOverlap(claim) or start(claim)
end

local failure = function(claim, message)
  return { 'failed', message, hasOtherType(claim) and 'invalid' or '' }
end

local answers = { nowText }
for claim in claims do
  local isDecided, answer = pcall(answerTo, claim)
  if not isDecided then
    local message = type(answer) == 'table' and answer.err or tostring(answer)
    -- It has become a replica: answered in the server's words, so that the connection finds the master.
    if string.find(message, 'READONLY', 1, true) then
      return redis.error_reply("READONLY You can't write against a read only replica.")
    end
    answer = failure(claim, message)
  end
  table.insert(answers, answer)
end
answers[1] = stamp()
return answers

--[[ Claims ticks, in order; each sees what those before it did.   (keys and records: see README.md)

  KEYS[1] lease   KEYS[2] unfinished   KEYS[3] jobs   KEYS[4] control   KEYS[5] requests
  then per claim: job, runs, index
  ARGV[1] candidate id   ARGV[2] token   ARGV[3] run-lock, ms
  then per claim: job name, slot, tick, run id, intent (run, skipped, missed), reason,
                  overlap (skip, allow, queue), keep, max age (ms), facts, recover (1, 0),
                  handle of the request that it answers, or ''

  Answers { now, { kind, detail }... }   kinds: see ClaimAnswer; the detail is an attempt, a reason, ms to wait, or what
              failed; then 'invalid' follows where a key of the job has another type
]]
local token, lockMs = tonumber(ARGV[2]), tonumber(ARGV[3])
local leads = redis.call('GET', KEYS[1]) == ARGV[1] .. '|' .. ARGV[2]
local all = fieldsOf(KEYS[4], 'pausedFrom', 'pausedUntil')
sizeOf('ZCARD', KEYS[2], leads)

-- Nothing starts during a pause, nor is a tick made up that fell into one.
local isPaused = function(key, from, untilWhen, tick)
  local starts, ends = pauseOf(key, from, untilWhen)
  return ends > now or starts <= tick and tick < ends
end

-- SADD comes first: when memory is full it is refused, before anything else is written.
local register = function(name)
  local added = redis.pcall('SADD', KEYS[3], name)
  if type(added) == 'number' then
    return
  end
  if not string.find(added.err, 'WRONGTYPE', 1, true) then
    error(added)
  end
  invalid(KEYS[3], '', 'a key of another type', 'repaired')
  redis.call('DEL', KEYS[3])
  redis.call('SADD', KEYS[3], name)
end

local claim = function(key, arg)
  local name, runId, intent, overlap = ARGV[arg], ARGV[arg + 3], ARGV[arg + 4], ARGV[arg + 6]
  local run = { unfinished = KEYS[2], job = KEYS[key], runs = KEYS[key + 1], index = KEYS[key + 2],
    slot = ARGV[arg + 1], member = ARGV[arg + 1] .. '|' .. name, tick = tonumber(ARGV[arg + 2]),
    keep = tonumber(ARGV[arg + 7]), maxAgeMs = tonumber(ARGV[arg + 8]) }
  local manual = run.slot ~= ARGV[arg + 2]
  local job = redis.call('HMGET', run.job, 'hwm', 'token', 'pausedUntil', 'lock', 'queued', 'pausedFrom')
  local request = ARGV[arg + 11]
  local lock, queued = slotOf(run, 'lock', job[4]), slotOf(run, 'queued', job[5])
  redis.call('ZCARD', run.index)

  local record = recordOf(run.runs, run.slot)
  if record then
    if record.state == 'claimed' and record.runId == runId then
      local score = redis.call('ZSCORE', run.unfinished, run.member)
      if not score or tonumber(score) < 0 then
        return { 'taken' }
      end
      prolong(run, score, lockMs)
      return { 'mine', record.attempt }
    end
    -- One that cannot be read may be that of a run, too.
    if record.state ~= 'released' and not (record.state == 'queued' and record.runId == runId) then
      return { 'taken' }
    end
  end
  if not leads or isFenced(run.job, job[2], token) then
    return { 'fenced' }
  end
  local hwm = watermarkOf(run.job, run.index, job[1]) or 0
  if request ~= '' and not record then
    local asked = redis.call('HGET', KEYS[5], request)
    if not asked or now - run.tick >= REQUEST_AGE then
      return { 'taken' }
    end
  end

  local decide = function(field, value)
    register(name)
    if request ~= '' then
      redis.call('HDEL', KEYS[5], request)
      redis.call('HSET', run.runs, '@' .. request, ARGV[arg + 2])
    end
    if manual then
      redis.call('HSET', run.job, 'token', ARGV[2], field or 'token', value or ARGV[2])
    else
      redis.call('HSET', run.job, 'token', ARGV[2], field or 'token', value or ARGV[2],
        'hwm', text(math.max(hwm, run.tick)))
    end
    if queued == run.slot and field ~= 'queued' then
      redis.call('HDEL', run.job, 'queued')
    end
  end
  local dismiss = function(state, reason)
    decide()
    close(run, pack(state, runId, ARGV[2], '1', reason, ARGV[arg + 9]))
    count(run.job, state, 1)
  end

  if not manual then
    local isPast = not record and run.tick <= hwm
    -- Before the pause, which may end until then; and no decision about a tick moves the watermark into the future.
    if not isPast and run.tick > now + EARLY then
      return { 'early', text(run.tick - now) }
    end
    if intent == 'run' and (isPaused(KEYS[4], all[1], all[2], run.tick) or isPaused(run.job, job[6], job[3], run.tick)) then
      dismiss('skipped', 'paused')
      return { 'paused' }
    end
    if isPast then
      return { 'past' }
    end
  end
  if intent ~= 'run' then
    dismiss(intent, ARGV[arg + 5])
    return { 'noted' }
  end

  -- One that was adopted and given back has been attempted before.
  local attempt = record and record.attempt or '1'
  local dispossessed
  if overlap ~= 'allow' and lock and lock ~= run.slot then
    local holder = recordOf(run.runs, lock)
    local score = liveUntil(run.unfinished, lock .. '|' .. name, lockMs, holder)
    local liveMs = (score or 0) - now
    -- A crashed run that is to be run again goes first, if it can be found.
    local isAwaited = score and liveMs <= 0 and ARGV[arg + 10] == '1' and holder and holder.state == 'claimed'
    if isAwaited then
      liveMs = 100
    end
    if liveMs > 0 and overlap == 'skip' and not manual and holder and (isAwaited or holder.token ~= ARGV[2]) then
      redis.call('HSET', run.job, 'barredAt', text(now))
      return { 'barred', text(liveMs) }
    end
    if liveMs > 0 and overlap == 'skip' then
      dismiss('skipped', 'running')
      return { 'overlap', 'running' }
    end
    if liveMs > 0 then
      local waiting = queued and queued ~= run.slot and recordOf(run.runs, queued)
      if waiting and waiting.state == 'queued' then
        dismiss('skipped', 'queue-full')
        return { 'overlap', 'queue-full' }
      end
      decide('queued', run.slot)
      if not record or record.state ~= 'queued' then
        redis.call('HSET', run.runs, run.slot, pack('queued', runId, ARGV[2], attempt, '', ARGV[arg + 9]))
      end
      redis.call('ZADD', run.unfinished, 0, run.member)
      return { 'queued', text(liveMs) }
    end
    dispossessed = lock .. '|' .. name
  end

  if overlap == 'allow' then
    decide()
  else
    decide('lock', run.slot)
  end
  if dispossessed then
    dispossess(run.unfinished, dispossessed)
  end
  redis.call('HSET', run.runs, run.slot, pack('claimed', runId, ARGV[2], attempt, '', ARGV[arg + 9]))
  redis.call('ZADD', run.unfinished, text(now + lockMs), run.member)
  count(run.job, 'started', 1)
  return { 'go', attempt }
end

local answers = { text(now) }
for number = 0, (#KEYS - 5) / 3 - 1 do
  local decided, answer = pcall(claim, 6 + 3 * number, 4 + 12 * number)
  if not decided then
    local message = type(answer) == 'table' and answer.err or tostring(answer)
    -- It has become a replica: said as the server would say it, so that the connection looks for the master.
    if string.find(message, 'READONLY', 1, true) then
      return redis.error_reply("READONLY You can't write against a read only replica.")
    end
    local isInvalid = blame(KEYS[6 + 3 * number], KEYS[7 + 3 * number], KEYS[8 + 3 * number])
    answer = { 'failed', message, isInvalid and 'invalid' or '' }
  end
  table.insert(answers, answer)
end
answers[1] = stamp()
return answers

--[[ Claims ticks, in order; each sees what those before it did.   (keys and records: see run-records.lua)

  KEYS[1] lease   KEYS[2] unfinished   KEYS[3] jobs   KEYS[4] control   KEYS[5] requests
  then per claim: job, runs, index
  ARGV[1] candidate id   ARGV[2] token   ARGV[3] run-lock, ms
  then per claim: job name, slot, tick, run id, intent (run, skipped, missed), reason,
                  overlap (skip, allow, queue), keep, max age (ms), facts, recover (1, 0),
                  handle of the request that it answers, or ''

  Answers { now, { kind, detail }... }   kinds: see ClaimAnswer; the detail is an attempt, a reason, or ms to wait
]]
local token, lockMs = tonumber(ARGV[2]), tonumber(ARGV[3])
local leads = redis.call('GET', KEYS[1]) == ARGV[1] .. '|' .. ARGV[2]
-- pcall: where the key was tampered with, nothing pauses all jobs.
local all = redis.pcall('HMGET', KEYS[4], 'pausedFrom', 'pausedUntil')
local unfinished = redis.pcall('ZCARD', KEYS[2])

-- Nothing starts during a pause, nor is a tick made up that fell into one.
local isPaused = function(from, untilWhen, tick)
  local ends = tonumber(untilWhen or '') or 0
  return ends > now or (tonumber(from or '') or 0) <= tick and tick < ends
end

local claim = function(key, arg)
  local name, runId, intent, overlap = ARGV[arg], ARGV[arg + 3], ARGV[arg + 4], ARGV[arg + 6]
  local run = { unfinished = KEYS[2], job = KEYS[key], runs = KEYS[key + 1], index = KEYS[key + 2],
    slot = ARGV[arg + 1], member = ARGV[arg + 1] .. '|' .. name, tick = tonumber(ARGV[arg + 2]),
    keep = tonumber(ARGV[arg + 7]), maxAgeMs = tonumber(ARGV[arg + 8]) }
  local manual = run.slot ~= ARGV[arg + 2]
  local job = redis.call('HMGET', run.job, 'hwm', 'token', 'pausedUntil', 'lock', 'queued', 'pausedFrom')
  local request = ARGV[arg + 11]
  local hwm, lock, queued = tonumber(job[1] or '0'), job[4], job[5]
  redis.call('ZCARD', run.index)
  if type(unfinished) == 'table' then
    return { 'failed', unfinished.err }
  end
  if not hwm then
    return { 'failed', 'the mark of this job cannot be read' }
  end

  local record = recordOf(run.runs, run.slot)
  if record then
    if not record.state then
      return { 'failed', 'the record of this tick cannot be read' }
    end
    if record.state == 'claimed' and record.runId == runId then
      local score = redis.call('ZSCORE', run.unfinished, run.member)
      if not score or tonumber(score) < 0 then
        return { 'taken' }
      end
      redis.call('ZADD', run.unfinished, text(now + lockMs), run.member)
      return { 'mine', record.attempt }
    end
    if record.state ~= 'released' and not (record.state == 'queued' and record.runId == runId) then
      return { 'taken' }
    end
  end
  if not leads or tonumber(job[2] or '0') > token then
    return { 'fenced' }
  end
  if request ~= '' and not record and redis.call('HEXISTS', KEYS[5], request) == 0 then
    return { 'taken' }
  end

  -- SADD comes first: when memory is full it is refused, before anything else is written.
  local decide = function(field, value)
    redis.call('SADD', KEYS[3], name)
    if request ~= '' then
      redis.call('HDEL', KEYS[5], request)
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
    if intent == 'run' and (isPaused(all[1], all[2], run.tick) or isPaused(job[6], job[3], run.tick)) then
      dismiss('skipped', 'paused')
      return { 'paused' }
    end
    if not record and run.tick <= hwm then
      return { 'past' }
    end
    if run.tick > now + 50 then
      return { 'early', text(run.tick - now) }
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
    local score = redis.call('ZSCORE', run.unfinished, lock .. '|' .. name)
    local liveMs = tonumber(score or '0') - now
    local holder = recordOf(run.runs, lock)
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
    answer = { 'failed', message }
  end
  table.insert(answers, answer)
end
return answers

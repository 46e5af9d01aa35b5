--[[ Settles runs whose pod died, on behalf of a term.   (keys and records: see README.md)

  KEYS[1] lease   KEYS[2] unfinished   KEYS[3] control   KEYS[4] settled   then per orphan: job, runs, index
  ARGV[1] candidate id   ARGV[2] token   ARGV[3] run-lock, ms   ARGV[4] channel of events
  ARGV[5] number of the call among those sent together
  then per orphan: job name, slot, tick, run id, wish (recover, abandon), new run id, keep, max age (ms), facts

  Answers { now, { kind, attempt }... }   kinds: see AdoptAnswer
]]
local token, lockMs = tonumber(ARGV[2]), tonumber(ARGV[3])
local leads = redis.call('GET', KEYS[1]) == ARGV[1] .. '|' .. ARGV[2]
local _, pausedUntil = pauseOf(KEYS[3], nil, fieldsOf(KEYS[3], 'pausedUntil')[1])
sizeOf('ZCARD', KEYS[2], leads)
-- Whoever abandons a run reports it: a repeated question is answered as the first one was, past its term too.
local place = table.concat({ ARGV[1], ARGV[2], ARGV[5] }, '|')
sizeOf('HLEN', KEYS[4], leads)
local remembered = redis.pcall('HGET', KEYS[4], place)
remembered = type(remembered) == 'string' and remembered or ''
local abandoned = {}
-- Removes nothing: Redis lets a script that has written go on when memory is full.
redis.call('ZREM', KEYS[2], '')

-- Whether the run-lock is, or may become, the run's; one that overlaps by permission needs none.
local mayRun = function(run, name, lock, score)
  if lock == run.slot or score >= 0 then
    return true
  end
  local other = lock and lock .. '|' .. name
  return not other or (liveUntil(run.unfinished, other, lockMs, recordOf(run.runs, lock)) or 0) <= now
end

local recover = function(run, name, lock, score, record, arg)
  local attempt = text(record.attempt + 1)
  redis.call('HSET', run.job, 'token', ARGV[2])
  redis.call('HSET', run.runs, run.slot, pack('claimed', ARGV[arg + 5], ARGV[2], attempt, '', ARGV[arg + 8]))
  redis.call('ZADD', run.unfinished, text(now + lockMs), run.member)
  if lock == run.slot or score < 0 then
    if lock and lock ~= run.slot then
      dispossess(run.unfinished, lock .. '|' .. name)
    end
    redis.call('HSET', run.job, 'lock', run.slot)
  end
  return { 'recovered', attempt }
end

local abandon = function(run, record, hwm)
  -- When it was claimed, which its new state would hide.
  local startedAt = string.format('%s"startedAt":%s}', record.facts == '{}' and '' or ',', record.at)
  local facts = string.gsub(record.facts, '}$', startedAt)
  local packed = pack('abandoned', record.runId, record.token, record.attempt, '', facts)
  close(run, packed, hwm)
  redis.call('HDEL', run.runs, '!' .. record.runId)
  letGo(run, record, ARGV[4])
  remember(run, 'abandoned', packed)
  return { 'abandoned' }
end

local giveBack = function(run, record)
  if record.state == 'queued' then
    redis.call('HSET', run.runs, run.slot, pack('released', record.runId, record.token, record.attempt, '', record.facts))
    letGo(run, record, ARGV[4])
  end
  redis.call('ZADD', run.unfinished, 0, run.member)
  return { 'released' }
end

local adopt = function(key, arg)
  local name, slot = ARGV[arg], ARGV[arg + 1]
  local run = { unfinished = KEYS[2], job = KEYS[key], runs = KEYS[key + 1], index = KEYS[key + 2], slot = slot,
    member = slot .. '|' .. name, tick = ARGV[arg + 2], keep = tonumber(ARGV[arg + 6]), maxAgeMs = tonumber(ARGV[arg + 7]) }
  local question = ARGV[arg + 3] .. '|' .. ARGV[arg + 5]
  if string.find(remembered, ',' .. question .. ',', 1, true) then
    table.insert(abandoned, question)
    return { 'abandoned' }
  end
  local job = redis.call('HMGET', run.job, 'token', 'lock', 'pausedUntil', 'hwm')
  redis.call('ZCARD', run.index)
  if not leads or isFenced(run.job, job[1], token) then
    return { 'fenced' }
  end

  local record = recordOf(run.runs, slot)
  if record and record.state == 'claimed' and record.runId == ARGV[arg + 5] then
    local lockedUntil = redis.call('ZSCORE', run.unfinished, run.member) or '-1'
    if tonumber(lockedUntil) < 0 then
      return { 'left' }
    end
    prolong(run, lockedUntil, lockMs)
    return { 'recovered', record.attempt }
  end
  local state = record and record.state
  local score = liveUntil(run.unfinished, run.member, lockMs, record) or 0
  if score > now then
    return { 'left' }
  end
  if state ~= 'claimed' and state ~= 'queued' and state ~= 'released' then
    redis.call('ZREM', run.unfinished, run.member)
    return { 'left' }
  end
  if record.runId ~= ARGV[arg + 3] then
    return { 'left' }
  end
  if state ~= 'claimed' then
    return giveBack(run, record)
  end
  -- Somebody asked that it should end: it has.
  if ARGV[arg + 4] == 'abandon' or redis.call('HEXISTS', run.runs, '!' .. record.runId) == 1 then
    table.insert(abandoned, question)
    return abandon(run, record, job[4])
  end
  -- Nothing of the schedule starts during a pause: it is run again afterwards.
  local _, jobPausedUntil = pauseOf(run.job, nil, job[3])
  local isPaused = math.max(pausedUntil, jobPausedUntil) > now
  if isPaused and not string.find(slot, '@', 1, true) then
    return { 'left' }
  end
  local lock = slotOf(run, 'lock', job[2])
  return mayRun(run, name, lock, score) and recover(run, name, lock, score, record, arg) or { 'left' }
end

local answers = { text(now) }
for number = 0, (#KEYS - 4) / 3 - 1 do
  -- One orphan whose keys were tampered with holds up no other.
  local first = 5 + 3 * number
  local settled, answer = pcall(adopt, first, 6 + 9 * number)
  if not settled then
    blame(KEYS[first], KEYS[first + 1], KEYS[first + 2])
  end
  table.insert(answers, settled and answer or { 'left' })
end
if #abandoned > 0 then
  redis.pcall('HSET', KEYS[4], place, ',' .. table.concat(abandoned, ',') .. ',')
  redis.pcall('PEXPIRE', KEYS[4], 3600000)
end
answers[1] = stamp()
return answers

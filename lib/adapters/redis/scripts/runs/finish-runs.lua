--[[ Records how runs ended. Safe to repeat.   (keys and records: see README.md)

  KEYS      unfinished   then per run: job, runs, index
  ARGV      channel of events
            then per run: job name, slot, tick, run id, end state, attempt, keep, max age (ms), facts
  Answers   { now, 'finished', 'stale' (the tick is another run's, or the run was abandoned), 'failed' or
            'invalid' (the same, for a key of the job has another type)... }
]]
local keys, args, runs = arguments({
  keys = { 'unfinished' },
  args = { 'channel' },
  itemKeys = { 'job', 'runs', 'index' },
  itemArgs = { 'name', 'slot', 'tick', 'runId', 'state', 'attempt', 'keep', 'maxAgeMs', 'facts' },
})
sizeOf('ZCARD', keys.unfinished, true)
-- Removes nothing: Redis lets a script that has written go on when memory is full.
redis.call('ZREM', keys.unfinished, '')

-- Reports what the job remembers of runs where no script of ours wrote it; what this run does not replace stays.
local REMEMBERED = { 'lastRun', 'lastSuccess', 'lastManual' }
local READABLE = '^%-?%d+[^|]*|%l[%l%-]*|[^|]*|%d+|%d+|%d+|'
local checkRemembered = function(run, remembered)
  local readable
  for at, field in ipairs(REMEMBERED) do
    local value = remembered[at]
    if value and value ~= readable then
      if string.find(string.sub(value, 1, 500), READABLE) then
        -- Most often the last run was the last success as well.
        readable = value
      else
        local isReplaced = at == 1 or at == 2 and run.state == 'succeeded'
        invalid(run.job, field, value, isReplaced and 'repaired' or 'ignored')
      end
    end
  end
end

-- The record of the tick is not that of this run, or says how it ended.
local answerWithoutClaim = function(run, record, last, held)
  local isRepeated = record and record.state == run.state and record.runId == run.runId
  -- Where no record is kept, the job still knows its last run.
  local isRemembered = last and string.find(last, table.concat({ run.slot, run.state, run.runId, '' }, '|'), 1, true) == 1
  if not isRemembered and (not record or not record.state) then
    -- Its record is lost. Only the run that has ended can say whose the run lock is, and it blocks nothing.
    redis.call('ZREM', run.unfinished, run.member)
    releaseLock(run, { at = '0', token = '' }, args.channel, held)
  end
  return (isRepeated or isRemembered) and 'finished' or 'stale'
end

local finish = function(run)
  run.unfinished, run.member = keys.unfinished, run.slot .. '|' .. run.name
  run.keep, run.maxAgeMs = tonumber(run.keep), tonumber(run.maxAgeMs)
  local record = recordOf(run.runs, run.slot)
  local job = redis.call('HMGET', run.job, 'lastRun', 'lastSuccess', 'lastManual', 'lock', 'queued', 'barredAt', 'hwm')
  local held = { job[4], job[5], job[6] }
  redis.call('ZCARD', run.index)
  if not record or record.state ~= 'claimed' or record.runId ~= run.runId then
    return answerWithoutClaim(run, record, job[1], held)
  end
  checkRemembered(run, job)
  local packed = pack(run.state, run.runId, record.token, run.attempt, '', run.facts)
  close(run, packed, job[7])
  redis.call('HDEL', run.runs, '!' .. run.runId)
  releaseLock(run, record, args.channel, held)
  remember(run, run.state, packed)
  return 'finished'
end

local answers = { nowText }
for run in runs do
  local isDone, answer = pcall(finish, run)
  if not isDone then
    answer = hasOtherType(run) and 'invalid' or 'failed'
  end
  table.insert(answers, answer)
end
answers[1] = stamp()
return answers

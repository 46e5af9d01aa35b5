--[[ Records how runs ended. Safe to repeat.   (keys and records: see README.md)

  KEYS[1] unfinished   then per run: job, runs, index
  ARGV[1] channel of events   then per run: job name, slot, tick, run id, end state, attempt, keep, max age (ms), facts

  Answers { now, 'finished', 'stale' (it is somebody else's, or was given up), 'failed' or
            'invalid' (the same, for a key of the job has another type)... }
]]
sizeOf('ZCARD', KEYS[1], true)
-- Removes nothing: Redis lets a script that has written go on when memory is full.
redis.call('ZREM', KEYS[1], '')

-- Reports what the job remembers of runs where no script of ours wrote it; what this run does not replace stays.
local REMEMBERED = { 'lastRun', 'lastSuccess', 'lastManual' }
local READABLE = '^%-?%d+[^|]*|%l[%l%-]*|[^|]*|%d+|%d+|%d+|'
local check = function(job, remembered, state)
  local readable
  for at, field in ipairs(REMEMBERED) do
    local value = remembered[at]
    if value and value ~= readable then
      if string.find(string.sub(value, 1, 500), READABLE) then
        -- Most often the last run was the last success as well.
        readable = value
      else
        local isReplaced = at == 1 or at == 2 and state == 'succeeded'
        invalid(job, field, value, isReplaced and 'repaired' or 'ignored')
      end
    end
  end
end

local finish = function(key, arg)
  local slot, runId, state = ARGV[arg + 1], ARGV[arg + 3], ARGV[arg + 4]
  local run = { unfinished = KEYS[1], job = KEYS[key], runs = KEYS[key + 1], index = KEYS[key + 2], slot = slot,
    member = slot .. '|' .. ARGV[arg], tick = ARGV[arg + 2], keep = tonumber(ARGV[arg + 6]),
    maxAgeMs = tonumber(ARGV[arg + 7]) }
  local record = recordOf(run.runs, slot)
  local job = redis.call('HMGET', run.job, 'lastRun', 'lastSuccess', 'lastManual', 'lock', 'queued', 'barredAt', 'hwm')
  local last, held = job[1], { job[4], job[5], job[6] }
  redis.call('ZCARD', run.index)

  if not record or record.state ~= 'claimed' or record.runId ~= runId then
    local repeated = record and record.state == state and record.runId == runId
    -- Where no record is kept, the job still knows its last run.
    local remembered = last and string.find(last, table.concat({ slot, state, runId, '' }, '|'), 1, true) == 1
    if not remembered and (not record or not record.state) then
      -- Its record is lost: nobody can tell whose the run-lock is but the run that has ended, which blocks nothing.
      redis.call('ZREM', run.unfinished, run.member)
      letGo(run, { at = '0', token = '' }, ARGV[1], held)
    end
    return (repeated or remembered) and 'finished' or 'stale'
  end

  check(run.job, job, state)
  local packed = pack(state, runId, record.token, ARGV[arg + 5], '', ARGV[arg + 8])
  close(run, packed, job[7])
  redis.call('HDEL', run.runs, '!' .. runId)
  letGo(run, record, ARGV[1], held)
  remember(run, state, packed)
  return 'finished'
end

local answers = { text(now) }
for number = 0, (#KEYS - 1) / 3 - 1 do
  local done, answer = pcall(finish, 2 + 3 * number, 2 + 9 * number)
  if not done then
    local isInvalid = blame(KEYS[2 + 3 * number], KEYS[3 + 3 * number], KEYS[4 + 3 * number])
    answer = isInvalid and 'invalid' or 'failed'
  end
  table.insert(answers, answer)
end
answers[1] = stamp()
return answers

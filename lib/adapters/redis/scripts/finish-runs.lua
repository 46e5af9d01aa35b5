--[[ Records how runs ended. Safe to repeat.   (keys and records: see run-records.lua)

  KEYS[1] unfinished   then per run: job, runs, index
  ARGV[1] channel of events   then per run: job name, slot, tick, run id, end state, attempt, keep, max age (ms), facts

  Answers { now, 'finished', 'stale' (it is somebody else's, or was given up) or 'failed'... }
]]
-- Removes nothing: Redis lets a script that has written go on when memory is full.
redis.call('ZREM', KEYS[1], '')

local finish = function(key, arg)
  local slot, runId, state = ARGV[arg + 1], ARGV[arg + 3], ARGV[arg + 4]
  local run = { unfinished = KEYS[1], job = KEYS[key], runs = KEYS[key + 1], index = KEYS[key + 2], slot = slot,
    member = slot .. '|' .. ARGV[arg], tick = ARGV[arg + 2], keep = tonumber(ARGV[arg + 6]),
    maxAgeMs = tonumber(ARGV[arg + 7]) }
  local record = recordOf(run.runs, slot)
  local last = redis.call('HGET', run.job, 'lastRun')
  redis.call('ZCARD', run.index)

  if not record or record.state ~= 'claimed' or record.runId ~= runId then
    local repeated = record and record.state == state and record.runId == runId
    -- Where no record is kept, the job still knows its last run.
    local remembered = last and string.find(last, table.concat({ slot, state, runId, '' }, '|'), 1, true) == 1
    return (repeated or remembered) and 'finished' or 'stale'
  end

  local packed = pack(state, runId, record.token, ARGV[arg + 5], '', ARGV[arg + 8])
  close(run, packed)
  redis.call('HDEL', run.runs, '!' .. runId)
  letGo(run, record, ARGV[1])
  remember(run, state, packed)
  return 'finished'
end

local answers = { text(now) }
for number = 0, (#KEYS - 1) / 3 - 1 do
  local done, answer = pcall(finish, 2 + 3 * number, 2 + 9 * number)
  table.insert(answers, done and answer or 'failed')
end
return answers

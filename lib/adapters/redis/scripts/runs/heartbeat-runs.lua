--[[ Keeps runs live.   (keys and records: see README.md)

  KEYS      unfinished   then per run: runs
  ARGV      run lock (ms)   then per run: job name, slot, run id
  Answers   { now, 'kept', 'lost' or 'aborted'... }
]]
local keys, args, runs = arguments({
  keys = { 'unfinished' },
  args = { 'lockMs' },
  itemKeys = { 'runs' },
  itemArgs = { 'name', 'slot', 'runId' },
})
local lockedUntil = text(now + args.lockMs)
sizeOf('ZCARD', keys.unfinished, true)
-- Removes nothing: Redis lets a script that has written go on when memory is full.
redis.call('ZREM', keys.unfinished, '')

local keep = function(run)
  local member = run.slot .. '|' .. run.name
  local score = redis.call('ZSCORE', keys.unfinished, member)
  local record = recordOf(run.runs, run.slot)
  if not score or tonumber(score) < 0 or not record or record.state ~= 'claimed' or record.runId ~= run.runId then
    return 'lost'
  end
  redis.call('ZADD', keys.unfinished, lockedUntil, member)
  return redis.call('HEXISTS', run.runs, '!' .. run.runId) == 1 and 'aborted' or 'kept'
end

local answers = { nowText }
for run in runs do
  local isDone, answer = pcall(keep, run)
  if not isDone then
    sizeOf('HLEN', run.runs)
  end
  table.insert(answers, isDone and answer or 'lost')
end
answers[1] = stamp()
return answers

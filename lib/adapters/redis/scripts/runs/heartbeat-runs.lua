--[[ Keeps runs live.

  KEYS[1] unfinished   then per run: runs   (see README.md)
  ARGV[1] run-lock, ms   then per run: job name, slot, run id

  Answers { now, 'kept', 'lost' or 'aborted'... }
]]
local lockMs = tonumber(ARGV[1])
sizeOf('ZCARD', KEYS[1], true)
-- Removes nothing: Redis lets a script that has written go on when memory is full.
redis.call('ZREM', KEYS[1], '')

local keep = function(runs, name, slot, runId)
  local member = slot .. '|' .. name
  local score = redis.call('ZSCORE', KEYS[1], member)
  local record = recordOf(runs, slot)
  if not score or tonumber(score) < 0 or not record or record.state ~= 'claimed' or record.runId ~= runId then
    return 'lost'
  end
  redis.call('ZADD', KEYS[1], text(now + lockMs), member)
  return redis.call('HEXISTS', runs, '!' .. runId) == 1 and 'aborted' or 'kept'
end

local answers = { text(now) }
for number = 0, #KEYS - 2 do
  local asked, answer = pcall(keep, KEYS[2 + number], ARGV[2 + 3 * number], ARGV[3 + 3 * number], ARGV[4 + 3 * number])
  if not asked then
    sizeOf('HLEN', KEYS[2 + number])
  end
  table.insert(answers, asked and answer or 'lost')
end
answers[1] = stamp()
return answers

--[[ Records how a run ended. Safe to repeat.

  KEYS[1] unfinished   KEYS[2] job   KEYS[3] runs   KEYS[4] index   (see run-records.lua)
  ARGV[1] job name   ARGV[2] slot   ARGV[3] tick   ARGV[4] run id   ARGV[5] end state   ARGV[6] attempt
  ARGV[7] keep   ARGV[8] max age, ms   ARGV[9] facts

  Answers { now, 'finished' } or { now, 'stale' }: the run is somebody else's, or was given up
]]
local slot, runId, state = ARGV[2], ARGV[4], ARGV[5]
local run = { unfinished = KEYS[1], job = KEYS[2], runs = KEYS[3], index = KEYS[4], slot = slot,
  member = slot .. '|' .. ARGV[1], tick = ARGV[3], keep = tonumber(ARGV[7]), maxAgeMs = tonumber(ARGV[8]) }
local record = recordOf(run.runs, slot)
local last = redis.call('HGET', run.job, 'lastRun')
redis.call('ZCARD', run.index)

if not record or record.state ~= 'claimed' or record.runId ~= runId then
  local repeated = record and record.state == state and record.runId == runId
  -- Where no record is kept, the job still knows its last run.
  local remembered = last and string.find(last, table.concat({ slot, state, runId, '' }, '|'), 1, true) == 1
  return { text(now), (repeated or remembered) and 'finished' or 'stale' }
end

local packed = pack(state, runId, record.token, ARGV[6], '', ARGV[9])
close(run, packed)
letGo(run.job, slot)
remember(run, state, packed)
return { text(now), 'finished' }

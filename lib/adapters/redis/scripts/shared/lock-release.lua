--[[ Releases the run lock and the queue slot of a run that has ended, or does not start. ]]

-- A leader of another term is notified if the run has blocked a tick of it, or a tick of it is queued behind the run.
-- Other runs cost no message.
local isAwaited = function(run, record, waiting, blockedAt)
  local queued = waiting and waiting ~= run.slot and recordOf(run.runs, waiting)
  local blocks = (numberOf(run.job, 'barredAt', blockedAt, now + SLACK) or 0) >= tonumber(record.at)
  return blocks or (queued and queued.state == 'queued' and queued.token ~= record.token)
end

-- Of another slot, nothing is released. `held`: the fields lock, queued and barredAt of the job, where they have been
-- read.
local releaseLock = function(run, record, channel, held)
  local lock, waiting, blockedAt = unpack(held or redis.call('HMGET', run.job, 'lock', 'queued', 'barredAt'), 1, 3)
  if waiting == run.slot then
    redis.call('HDEL', run.job, 'queued')
  end
  if lock ~= run.slot then
    return
  end
  redis.call('HDEL', run.job, 'lock')
  if isAwaited(run, record, waiting, blockedAt) then
    -- pcall: where an ACL forbids the channel, the leader finds it by polling.
    redis.pcall('PUBLISH', channel, 'run-ended:' .. string.sub(run.member, #run.slot + 2))
  end
end

--[[ The run lock: the score of a run in `unfinished`, the instant until which it is live. ]]

-- For how long a run sets its lock each time. Its claim says so, for pods may have another ttl than the one that asks,
-- as in a rolling update that changes it. Claims of 0.3 do not say it: their locks last at most this, ms.
local UNKNOWN_LOCK, LONGEST_LOCK = 600000, 86400000
local lockOf = function(record, lockMs)
  if not (record and record.state) then
    return lockMs
  end
  local own = whole(string.match(string.sub(record.facts, 1, 40), '^{"lockMs":(%d+)[,}]'), LONGEST_LOCK)
  return math.max(lockMs, own or UNKNOWN_LOCK)
end

-- Until when the run of a record is live. No lock lasts longer than it was set for: a longer one is brought back to it.
local liveUntil = function(unfinished, member, lockMs, record)
  local score = redis.call('ZSCORE', unfinished, member)
  if score and lockMs > 0 and tonumber(score) > now + lockMs + SLACK then
    local longest = lockOf(record, lockMs)
    if tonumber(score) > now + longest + SLACK then
      invalid(unfinished, member, score, 'clamped')
      redis.call('ZADD', unfinished, text(now + longest), member)
      return now + longest
    end
  end
  return score and tonumber(score)
end

-- Sets the lock of a run again, for a question that is repeated. It always writes something: WAIT confirms what was
-- written on its own connection, and what was first asked on another one has to be confirmed, too.
local prolong = function(run, score, lockMs)
  local untilWhen = now + lockMs
  if tonumber(score) == untilWhen then
    untilWhen = untilWhen + 1
  end
  redis.call('ZADD', run.unfinished, text(untilWhen), run.member)
end

-- The lock of a run that is no longer live goes to another one; the loser finds it with its next heartbeat.
local dispossess = function(unfinished, member)
  if redis.call('ZSCORE', unfinished, member) then
    redis.call('ZADD', unfinished, -1, member)
  end
end

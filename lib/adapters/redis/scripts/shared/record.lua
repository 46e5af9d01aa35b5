--[[ Reads and writes the record of a run: "<state>|<runId>|<token>|<attempt>|<at>|<reason>|<facts, JSON>". ]]

-- Without a state: there is a record, and it cannot be read.
local recordOf = function(runs, slot)
  local packed = redis.call('HGET', runs, slot)
  if not packed then
    return nil
  end
  local state, runId, token, attempt, at, reason, facts =
    string.match(packed, '^([^|]+)|([^|]*)|(%d+)|(%d+)|(%d+)|([^|]*)|(.*)$')
  if not (whole(token) and whole(attempt, 1000000) and whole(at)) then
    invalid(runs, slot, packed, 'ignored')
    return {}
  end
  return { state = state, runId = runId, token = token, attempt = attempt, at = at, reason = reason, facts = facts }
end

local pack = function(state, runId, token, attempt, reason, facts)
  return state .. '|' .. runId .. '|' .. token .. '|' .. attempt .. '|' .. nowText .. '|' .. reason .. '|' .. facts
end

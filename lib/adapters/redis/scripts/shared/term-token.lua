--[[ Whether a later term has decided about the job, by the highest token seen. Tokens are instants of the server or
  follow on the one before: one that lies in the future is no token of a later term while this one has the lease. ]]
local isFenced = function(job, value, token)
  local seen = numberOf(job, 'token', value, nil, 'repaired') or 0
  if seen > token and seen > now + SLACK then
    invalid(job, 'token', value, 'repaired')
    return false
  end
  return seen > token
end

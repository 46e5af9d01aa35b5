--[[ The set of the names of all jobs. ]]

-- Comes before any other write: when memory is full it is refused, and nothing is left half-written.
local register = function(jobs, name)
  local added = redis.pcall('SADD', jobs, name)
  if type(added) == 'number' then
    return
  end
  if not string.find(added.err, 'WRONGTYPE', 1, true) then
    error(added)
  end
  invalid(jobs, '', 'a key of another type', 'repaired')
  redis.call('DEL', jobs)
  redis.call('SADD', jobs, name)
end

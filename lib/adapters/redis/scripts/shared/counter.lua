--[[ Counts in a field of a job. Nothing depends on counters: one that is invalid begins anew. ]]
local count = function(job, field, by)
  local sum = redis.pcall('HINCRBY', job, field, by)
  if type(sum) ~= 'number' or sum < math.min(by, 0) or sum > 9e15 then
    local value = redis.pcall('HGET', job, field)
    if type(value) == 'string' then
      invalid(job, field, value, 'repaired')
      redis.call('HSET', job, field, text(math.max(by, 0)))
    end
  end
end

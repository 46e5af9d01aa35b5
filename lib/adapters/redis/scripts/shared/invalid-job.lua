-- Of a job that a script cannot work on: reports which of its keys has another type, and answers whether one has.
-- No leader can work on it then.
local blame = function(job, runs, index)
  local _, isJobOther = sizeOf('HLEN', job)
  local _, areRunsOther = sizeOf('HLEN', runs)
  local _, isIndexOther = sizeOf('ZCARD', index)
  return isJobOther or areRunsOther or isIndexOther or false
end

--[[ Reports which keys of a job have another type: a script cannot work on the job then, and no leader can. ]]

-- Whether one has. `job`: its keys job, runs and index; those that a script does not use may be missing.
local hasOtherType = function(job)
  local _, isJobOther = sizeOf('HLEN', job.job)
  local _, areRunsOther = sizeOf('HLEN', job.runs or job.job)
  local _, isIndexOther = sizeOf('ZCARD', job.index)
  return isJobOther or areRunsOther or isIndexOther or false
end

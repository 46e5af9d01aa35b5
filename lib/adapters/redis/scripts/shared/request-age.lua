--[[ A request that no pod has taken for this long is not run any more, ms. ]]
local REQUEST_AGE, START_REQUEST_AGE = 3600000, 86400000

-- Whether the handle of a manual run, or its slot, is that of a run at the start of a version.
local isStart = function(handle)
  return string.find(handle, '^%d*@?start:') ~= nil
end

local requestAge = function(handle)
  return isStart(handle) and START_REQUEST_AGE or REQUEST_AGE
end

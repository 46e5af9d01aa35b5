--[[ From when until when a job, or all of them, are paused. A value that cannot be read pauses nothing. ]]
local pauseOf = function(key, from, untilWhen)
  local ends = numberOf(key, 'pausedUntil', untilWhen) or 0
  return numberOf(key, 'pausedFrom', from) or ends, ends
end

--[[ The slot that a field of the job names: lock or queued. A tick has no lock, and does not wait in a queue, before it is
  due, unless the clock of Redis was set back since: then its record says so. A manual run is named by the clock of its
  pod, which may be ahead. ]]
local slotOf = function(run, field, value)
  if not value then
    return nil
  end
  local tick, rest = string.match(string.sub(value, 1, 300), '^(%d+)([^|]*)$')
  local isManual = rest and string.sub(rest, 1, 1) == '@'
  if #value <= 300 and (isManual and whole(tick, 8.64e15) or rest == '' and whole(tick, now + SLACK)) then
    return value
  end
  local record = rest == '' and whole(tick, 8.64e15) and recordOf(run.runs, value)
  if record and (record.state == 'claimed' or record.state == 'queued') then
    return value
  end
  invalid(run.job, field, value, 'ignored')
end

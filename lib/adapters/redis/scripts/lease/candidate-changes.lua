--[[ Counts what changed in the notes of candidates.   (notes: see candidate-notes.lua) ]]
local countChange = function(candidates)
  local changes = redis.pcall('HINCRBY', candidates, '#changes', 1)
  if type(changes) == 'number' and changes > 1e12 and changes < 9e15 then
    return string.format('%.0f', changes)
  end
  -- A count that is new, lost or invalid begins at the present: no count comes twice.
  if type(changes) == 'number' and changes ~= 1 then
    invalid(candidates, '#changes', text(changes - 1), 'repaired')
  elseif type(changes) == 'table' and string.find(changes.err, 'integer', 1, true) then
    invalid(candidates, '#changes', 'no whole number', 'repaired')
  end
  redis.pcall('HSET', candidates, '#changes', nowText)
  return nowText
end

-- The count of changes and the hand-overs as they were found, '' where there is none. Invalid ones are replaced.
local soundCounts = function(candidates, changes, handOvers)
  if changes and (whole(changes, 9e15) or 0) <= 1e12 then
    invalid(candidates, '#changes', changes, 'repaired')
    redis.pcall('HSET', candidates, '#changes', nowText)
    changes = nowText
  end
  local isSound = #(handOvers or '') <= 100
  for at in string.gmatch(string.sub(handOvers or '', 1, 100) .. ',', '([^,]*),') do
    isSound = isSound and whole(at, now + SLACK)
  end
  if handOvers and not isSound then
    invalid(candidates, '#handOvers', handOvers, 'repaired')
    redis.pcall('HDEL', candidates, '#handOvers')
    handOvers = nil
  end
  return changes or '', handOvers or ''
end

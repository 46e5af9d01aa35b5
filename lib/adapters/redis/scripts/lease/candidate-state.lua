--[[ Changes the state in the note of a candidate.   (notes: see candidate-notes.lua) ]]
local markCandidate = function(candidates, id, state)
  local known = redis.pcall('HMGET', candidates, id)
  local before, after = string.match(known[1] or '', '^(%d+|%d+|[^|]*|)%a*(|%d+|%d+|%d+)$')
  if before and known[1] ~= before .. state .. after then
    redis.pcall('HSET', candidates, id, before .. state .. after)
    countChange(candidates)
  end
end

--[[ The value of the lease key, and whether a leader of ours set it. ]]

-- Tokens beyond are taken for garbage: the next one has to be a number that JavaScript can count.
local LAST_TOKEN = 9e15

-- Holder and token, as texts; nil where no script of ours writes such a value.
local holderOf = function(lease)
  if #lease > 1000 then
    return nil
  end
  local holder, token = string.match(lease, '^(.*)|(%d+)$')
  if not whole(token, LAST_TOKEN) then
    return nil
  end
  return holder, token
end

-- Whether a lease was set manually, though it reads like ours. A leader that is elected writes holder and token to its
-- term in the same script: they differ. `term`: holder, token and renewedAt of it. A field that is missing, or a token
-- that is no number, says nothing. Where the term says nothing at all and was not renewed, its key was lost, which the
-- next renewal repairs, or there was none: then the last token that was handed out decides.
local isSetManually = function(fenceKey, holder, token, term)
  if term[1] or term[2] or term[3] then
    return (term[1] and term[1] ~= holder or whole(term[2], LAST_TOKEN) and term[2] ~= token) and true or false
  end
  return redis.pcall('GET', fenceKey) ~= token
end

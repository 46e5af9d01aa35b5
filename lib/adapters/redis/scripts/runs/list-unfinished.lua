--[[ Lists a page of the runs that have not ended: first those whose run lock has lapsed, then as locks lapse.
  (keys and records: see README.md)

  KEYS      unfinished
  ARGV      entries of a page at most, score and member of the last entry of the page before ('', '': none)
  Answers   { now, '1' (entries follow) or '0', score of the last entry or '', member, ms that it stays live... }
            0: not live
]]
local keys, args = arguments({ keys = { 'unfinished' }, args = { 'most', 'score', 'member' } })

-- In the order of the set: by score, equal scores by bytes. Lua's own comparison of strings depends on the locale.
local isBehind = function(score, member, otherScore, other)
  if score ~= otherScore then
    return score > otherScore
  end
  for at = 1, math.min(#member, #other) do
    local byte, otherByte = string.byte(member, at), string.byte(other, at)
    if byte ~= otherByte then
      return byte > otherByte
    end
  end
  return #member > #other
end

local size = sizeOf('ZCARD', keys.unfinished)
if size == 0 then
  return { stamp(), '0', '' }
end

-- The rank behind an entry, which may have been removed or moved since: searched for by halving.
local rankBehind = function(score, member)
  local low, high = 0, size
  local rank = redis.call('ZREVRANK', keys.unfinished, member)
  if rank and tonumber(redis.call('ZSCORE', keys.unfinished, member)) == score then
    return size - rank
  end
  while low < high do
    local middle = math.floor((low + high) / 2)
    local entry = redis.call('ZRANGE', keys.unfinished, middle, middle, 'WITHSCORES')
    if isBehind(tonumber(entry[2]), entry[1], score, member) then
      high = middle
    else
      low = middle + 1
    end
  end
  return low
end

-- Entries that no script of ours made stay: they stand for no run, and the reader of the page leaves them out.
local check = function(member, score)
  local tick, rest = string.match(string.sub(member, 1, 1000), '^%-?(%d+)([^|]*)|.')
  local isSlot = whole(tick, 8.64e15) and (rest == '' or string.sub(rest, 1, 1) == '@')
  if not isSlot or not (tonumber(score) >= -1 and tonumber(score) < 9007199254740991) then
    invalid(keys.unfinished, member, score, 'ignored')
  end
end

local from = args.member == '' and 0 or rankBehind(tonumber(args.score), args.member)
local listed = redis.call('ZRANGE', keys.unfinished, from, from + args.most - 1, 'WITHSCORES')
local answers = { '', from + #listed / 2 < size and '1' or '0', listed[#listed] or '' }
for at = 1, #listed, 2 do
  check(listed[at], listed[at + 1])
  table.insert(answers, listed[at])
  -- No instant is further away than JavaScript counts.
  table.insert(answers, text(math.max(0, math.min(tonumber(listed[at + 1]) - now, 9007199254740991))))
end
answers[1] = stamp()
return answers

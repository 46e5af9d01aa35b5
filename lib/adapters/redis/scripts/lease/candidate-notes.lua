--[[ The notes of the candidates about their jobs.

  candidates   hash   candidate id -> "<seen at>|<since>|<job set>|<state>|<distrusted until>|<interval>|<ttl>"
                      (server time; its own interval and ttl; all in ms)
                      "#changes" -> counts what changed, from the time of its beginning on   "#handOvers" -> "<at>,<at>,<at>"
                      "#prober1", "#prober2": see probers.lua
  page         string of a job set, JSON

  pcall: whatever becomes of a note, the election goes on.
]]

-- No interval and no ttl is longer than a day, ms.
local LONGEST_TTL = 86400000

-- When a note was written; nil for one that no script of ours wrote. One from the future would keep a pod alive for ever.
local notedAt = function(note)
  local seenAt, since, distrusted, interval, ttl =
    string.match(string.sub(note, 1, 1000), '^(%d+)|(%d+)|[^|]*|%a*|(%d+)|(%d+)|(%d+)$')
  local isTimed = whole(interval, LONGEST_TTL) and whole(ttl, LONGEST_TTL)
  return isTimed and whole(since, now + SLACK) and whole(distrusted) and whole(seenAt, now + SLACK)
end

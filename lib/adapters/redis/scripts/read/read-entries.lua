--[[ Reads a page of a hash (the pods, see pod-notes.lua, or what the leader tells of its jobs) or of a set (the jobs).

  KEYS[1] hash or set
  ARGV[1] where to go on, '0': at the beginning   ARGV[2] about so many   ARGV[3] 'set': of a set

  Answers { now, where to go on or '0', field, value, field, value... } or, of a set, { now, where, member, member... }
              an entry may come twice
]]
local scan, all = 'HSCAN', 'HGETALL'
if ARGV[3] == 'set' then
  scan, all = 'SSCAN', 'SMEMBERS'
end
local scanned = redis.pcall(scan, KEYS[1], ARGV[1], 'COUNT', ARGV[2])
if scanned.err then
  -- Where an ACL forbids to scan, all are one page; where the key was tampered with, there is nothing.
  local entries = redis.pcall(all, KEYS[1])
  scanned = { '0', entries.err and {} or entries }
end
local answers = scanned[2]
table.insert(answers, 1, scanned[1])
table.insert(answers, 1, text(now))
return answers

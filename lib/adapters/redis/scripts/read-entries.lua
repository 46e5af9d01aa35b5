--[[ Reads a page of a hash: of the candidates (see pod-notes.lua), or of what the leader tells of its jobs.

  KEYS[1] hash
  ARGV[1] where to go on, '0': at the beginning   ARGV[2] about so many

  Answers { now, where to go on or '0', field, value, field, value... }   a field may come twice
]]
local scanned = redis.pcall('HSCAN', KEYS[1], ARGV[1], 'COUNT', ARGV[2])
if scanned.err then
  -- Where an ACL forbids HSCAN, all are one page; where the key was tampered with, there is nothing.
  local all = redis.pcall('HGETALL', KEYS[1])
  scanned = { '0', all.err and {} or all }
end
local answers = scanned[2]
table.insert(answers, 1, scanned[1])
table.insert(answers, 1, text(now))
return answers

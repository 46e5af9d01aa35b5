--[[ Reads a page of a hash (the pods, see pod-notes.lua, or the descriptions of jobs) or of a set (the jobs).

  KEYS      hash or set
  ARGV      where to go on ('0': at the beginning), entries of a page, about, 'set': of a set
  Answers   { now, where to go on or '0', field, value, field, value... } or, of a set, { now, where, member, member... }
            an entry may come twice
]]
local keys, args = arguments({ keys = { 'entries' }, args = { 'cursor', 'size', 'kind' } })
local scan, all = 'HSCAN', 'HGETALL'
if args.kind == 'set' then
  scan, all = 'SSCAN', 'SMEMBERS'
end
local scanned = redis.pcall(scan, keys.entries, args.cursor, 'COUNT', args.size)
if scanned.err then
  -- Where an ACL forbids to scan, all are one page; where the key has another type, there is nothing.
  local entries = redis.pcall(all, keys.entries)
  scanned = { '0', entries.err and {} or entries }
end
local answers = scanned[2]
table.insert(answers, 1, scanned[1])
table.insert(answers, 1, nowText)
return answers

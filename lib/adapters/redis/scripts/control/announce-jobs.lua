--[[ Announces which jobs the leader has.

  KEYS      lease, specs   (see README.md)
  ARGV      candidate id, token, '1': in place of what was announced before   then per job: name, description
  Answers   { now, 'announced' } or { now, 'fenced' }
]]
local keys, args, jobs = arguments({
  keys = { 'lease', 'specs' },
  args = { 'candidateId', 'token', 'isFirst' },
  itemArgs = { 'name', 'description' },
})
if redis.call('GET', keys.lease) ~= args.candidateId .. '|' .. args.token then
  return { nowText, 'fenced' }
end
if args.isFirst == '1' then
  -- pcall: where an ACL forbids UNLINK, it takes longer.
  if type(redis.pcall('UNLINK', keys.specs)) == 'table' then
    redis.call('DEL', keys.specs)
  end
end
for job in jobs do
  redis.call('HSET', keys.specs, job.name, job.description)
end
return { nowText, 'announced' }

--[[ Tells which jobs the leader has.

  KEYS[1] lease   KEYS[2] specs   (see README.md)
  ARGV[1] candidate id   ARGV[2] token   ARGV[3] '1': instead of what was told before
  then per job: name, description

  Answers { now, 'announced' } or { now, 'fenced' }
]]
if redis.call('GET', KEYS[1]) ~= ARGV[1] .. '|' .. ARGV[2] then
  return { text(now), 'fenced' }
end
if ARGV[3] == '1' then
  -- pcall: where an ACL forbids UNLINK, it takes longer.
  if type(redis.pcall('UNLINK', KEYS[2])) == 'table' then
    redis.call('DEL', KEYS[2])
  end
end
for at = 4, #ARGV, 2 do
  redis.call('HSET', KEYS[2], ARGV[at], ARGV[at + 1])
end
return { text(now), 'announced' }

--[[ Runs one command on one key, unless another client with a newer fencing token has done so before.

  KEYS[1] key   KEYS[2] fence: the token of the last write, with a TTL if one is set
  ARGV[1] token   ARGV[2] TTL of the fence, ms; 0: none   ARGV[3] command   ARGV[4…] its arguments after the key

  Answers { 'written', the command's reply } or { 'stale', newer token }. An error of the command is answered as
  it is; the command comes first, so that then the fence stays as it was.
]]
local last = redis.call('GET', KEYS[2])
if last and not tonumber(last) then
  return redis.error_reply('ERR the fence ' .. KEYS[2] .. ' does not hold a token')
end
if last and tonumber(last) > tonumber(ARGV[1]) then
  return { 'stale', last }
end
local reply = redis.call(ARGV[3], KEYS[1], unpack(ARGV, 4))
if ARGV[2] == '0' then
  redis.call('SET', KEYS[2], ARGV[1])
else
  redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])
end
return { 'written', reply }

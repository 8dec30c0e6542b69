-- ARGV: queue, broker id, ids. Hands fetched messages back, in their order. Answers how many.
local queue, broker = ARGV[1], ARGV[2]
local ours = {}
for i = 3, #ARGV do
  if redis.call('SREM', acks_key(broker, queue), ARGV[i]) == 1 then
    ours[#ours + 1] = ARGV[i]
  end
end
return put_back(queue, ours)

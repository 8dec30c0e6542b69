-- ARGV: queue, broker id, the ids that the process knows it holds. Answers how many were put back.
-- What Redis booked to the process without its knowledge (the reply to a fetch was lost) goes back.
local queue, broker = ARGV[1], ARGV[2]
local held = {}
for i = 3, #ARGV do held[ARGV[i]] = true end
local strays = {}
for _, id in ipairs(redis.call('SMEMBERS', acks_key(broker, queue))) do
  if not held[id] then strays[#strays + 1] = id end
end
for _, id in ipairs(strays) do redis.call('SREM', acks_key(broker, queue), id) end
table.sort(strays)
return put_back(queue, strays)

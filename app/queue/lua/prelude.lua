-- Stands in front of every script. KEYS[1] is the namespace; its hash tag keeps every key built here
-- on the shard that runs the script. The names are those of keys.py, and a test compares the two.
local namespace = KEYS[1]
local HEARTBEATS = namespace .. ':heartbeats'
local QUEUES = namespace .. ':queues'
local WATCH = namespace .. ':watch'

local function waiting_key(queue) return namespace .. ':' .. queue end
local function payloads_key(queue) return namespace .. ':' .. queue .. '.msgs' end
local function wake_key(queue) return namespace .. ':' .. queue .. '.wake' end
local function resting_key(queue) return namespace .. ':' .. queue .. '.resting' end
local function failures_key(queue) return namespace .. ':' .. queue .. '.failures' end
local function acks_key(broker, queue) return namespace .. ':acks:' .. broker .. ':' .. queue end

-- The server's clock, in milliseconds: one clock for all processes, whatever theirs say.
local function now_ms()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

-- Wakes one blocked process. Few tokens are enough: whoever leaves messages behind passes one on.
local function ring(queue)
  local wake = wake_key(queue)
  redis.call('LPUSH', wake, '1')
  redis.call('LTRIM', wake, 0, 31)
  redis.call('PEXPIRE', wake, 60000)
end

-- Puts fetched messages back to the head of their queue, the first of `ids` foremost.
-- Answers how many; what has no payload any more is done and stays away.
local function put_back(queue, ids)
  local restored = 0
  for i = #ids, 1, -1 do
    if redis.call('HEXISTS', payloads_key(queue), ids[i]) == 1 then
      redis.call('LPUSH', waiting_key(queue), ids[i])
      restored = restored + 1
    end
  end
  if restored > 0 then ring(queue) end
  return restored
end

-- Lets a message sleep for first_ms, doubled with every failure after the first, up to longest_ms.
local function rest(queue, id, failures, first_ms, longest_ms)
  local pause_ms = math.min(longest_ms, first_ms * 2 ^ (math.min(failures, 32) - 1))
  redis.call('ZADD', resting_key(queue), now_ms() + pause_ms, id)
end

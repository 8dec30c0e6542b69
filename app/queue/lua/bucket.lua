-- Stands in front of the scripts that limit something.
local MINUTE_MS = 60000
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + tonumber(time[2]) / 1000

-- A token bucket of one minute's worth, kept as the time at which it is full again.
-- Answers whether a token is there, tokens left after taking it, ms until full, ms until one is there.
local function look(key, rate)
  if rate == 0 then return true, 0, 0, 0 end
  local cost = MINUTE_MS / rate
  local full_at = math.max(tonumber(redis.call('GET', key)) or now, now) + cost
  local excess = full_at - now - MINUTE_MS
  if excess > 0.001 then return false, 0, full_at - now - cost, excess end
  return true, math.floor(-excess / cost + 0.001), full_at - now, 0
end

local function take(key, rate, full_in)
  if rate > 0 then
    redis.call('SET', key, string.format('%.3f', now + full_in), 'PX', math.ceil(full_in))
  end
end


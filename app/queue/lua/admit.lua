-- Admission and enqueueing of captures in one step.
-- KEYS: payloads, waiting list, wake list of the queue.
-- ARGV: admission db, queue db, most that may wait, wake tokens, wake expiry ms, job id, job prefix,
--       job suffix, and an array in MessagePack with an array per capture: capture, answer, dedupe
--       key, dedupe ms, address key, address rate, email key, email rate (per minute; 0: none).
-- Answers per capture: code, remaining, ms until the limit is whole again or until a retry may
-- succeed, and for a duplicate the first answer. Codes: see admission.py.
local ACCEPTED, DUPLICATE, ADDRESS_LIMITED, EMAIL_LIMITED, FULL = 0, 1, 2, 3, 4
local full = redis.call('LLEN', KEYS[2]) >= tonumber(ARGV[3])
local admitted, verdicts = {}, {}
local function answer(code, remaining, ms, text)
  local n = #verdicts
  verdicts[n + 1], verdicts[n + 2] = code, remaining
  verdicts[n + 3], verdicts[n + 4] = math.ceil(ms), text or ''
end

redis.call('SELECT', ARGV[1])
for _, candidate in ipairs(cmsgpack.unpack(ARGV[9])) do
  local capture, text, dedupe_key, dedupe_ms, address_key, address_rate, email_key, email_rate =
    unpack(candidate)
  local fits, left, full_in, wait = look(address_key, address_rate)
  local first = redis.call('GET', dedupe_key)
  if first then
    answer(DUPLICATE, left, full_in, first)
  elseif full then
    answer(FULL, left, full_in)
  elseif not fits then
    answer(ADDRESS_LIMITED, 0, wait)
  else
    local email_fits, _, email_full_in, email_wait = look(email_key, email_rate)
    if not email_fits then
      answer(EMAIL_LIMITED, left, email_wait)
    else
      take(address_key, address_rate, full_in)
      take(email_key, email_rate, email_full_in)
      redis.call('SET', dedupe_key, text, 'PX', dedupe_ms)
      admitted[#admitted + 1] = capture
      answer(ACCEPTED, left, full_in)
    end
  end
end
redis.call('SELECT', ARGV[2])

if #admitted > 0 then
  redis.call('HSET', KEYS[1], ARGV[6], ARGV[7] .. table.concat(admitted, ',') .. ARGV[8])
  redis.call('RPUSH', KEYS[2], ARGV[6])
  if redis.call('LLEN', KEYS[3]) < tonumber(ARGV[4]) then
    redis.call('LPUSH', KEYS[3], '1')
    redis.call('PEXPIRE', KEYS[3], ARGV[5])
  end
end
return verdicts

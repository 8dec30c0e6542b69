-- Admission and enqueueing in one step.
-- KEYS: the stream. ARGV: prefix of all other keys, most that may be in the stream, start and end
-- of the payload of one job for all that is admitted; without a start each gets a job of its own.
-- Last, in MessagePack, an array with an array per request: job, answer, dedupe key, dedupe ms,
-- address key, address rate, email key, email rate (per minute; 0: none), bound key and what it is
-- bound to (kept as long as the first answer; no key: none), key of a proof that is good once and
-- ms to remember it (no key: none). No job: only the limit counts.
-- Answers per request: code, remaining, ms until the limit is whole again or until a retry may
-- succeed, and for a duplicate the first answer. Codes: see admission.py.
local ACCEPTED, DUPLICATE, ADDRESS_LIMITED, EMAIL_LIMITED, FULL, CONFLICT, PROOF_USED = 0, 1, 2, 3, 4, 5, 6
local MINUTE_MS = 60000
local stream, prefix, job_start, job_end = KEYS[1], ARGV[1], ARGV[3], ARGV[4]
local full = redis.call('XLEN', stream) >= tonumber(ARGV[2])
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + tonumber(time[2]) / 1000
local admitted, results = {}, {}

local function answer(code, remaining, ms, text)
  local n = #results
  results[n + 1], results[n + 2] = code, remaining
  results[n + 3], results[n + 4] = math.ceil(ms), text or ''
end

-- A token bucket of one minute's worth, kept as the time at which it is full again. One that is
-- full later than a minute from now was written before the clock was set back, and counts as full.
-- Answers whether a token is there, tokens left after taking it, ms until full, ms until one is there.
local function look(key, rate)
  if rate == 0 then return true, 0, 0, 0 end
  local cost = MINUTE_MS / rate
  local stored = tonumber(redis.call('GET', prefix .. key)) or now
  if stored > now + MINUTE_MS + 1000 then stored = now end
  local full_at = math.max(stored, now) + cost
  local excess = full_at - now - MINUTE_MS
  if excess > 0.001 then return false, 0, full_at - now - cost, excess end
  return true, math.floor(-excess / cost + 0.001), full_at - now, 0
end

local function take(key, rate, full_in)
  if rate > 0 then
    local value = string.format('%.3f', now + full_in)
    redis.call('SET', prefix .. key, value, 'PX', math.ceil(full_in))
  end
end

for _, request in ipairs(cmsgpack.unpack(ARGV[5])) do
  local job, text, dedupe_key, dedupe_ms, address_key, address_rate, email_key, email_rate,
    bound_key, bound_to, proof_key, proof_ms = unpack(request)
  local fits, left, full_in, wait = look(address_key, address_rate)
  local first = dedupe_key ~= '' and redis.call('GET', prefix .. dedupe_key)
  local bound = bound_key ~= '' and redis.call('GET', prefix .. bound_key)
  if bound and bound ~= bound_to then
    answer(CONFLICT, left, full_in)
  elseif first then
    -- Written again as it is: a WAIT that follows may cover no more than what its client wrote, and
    -- the first one, which another client wrote, must be on replicas before this one is answered.
    if job_start ~= '' then redis.call('SET', prefix .. dedupe_key, first, 'KEEPTTL') end
    answer(DUPLICATE, left, full_in, first)
  elseif full and job ~= '' then
    answer(FULL, left, full_in)
  elseif not fits then
    answer(ADDRESS_LIMITED, 0, wait)
  else
    local email_fits, _, email_full_in, email_wait = look(email_key, email_rate)
    if not email_fits then
      answer(EMAIL_LIMITED, left, email_wait)
    elseif proof_key ~= '' and not redis.call('SET', prefix .. proof_key, 1, 'NX', 'PX', proof_ms) then
      answer(PROOF_USED, left, full_in)
    else
      take(address_key, address_rate, full_in)
      take(email_key, email_rate, email_full_in)
      if dedupe_key ~= '' then
        redis.call('SET', prefix .. dedupe_key, text, 'PX', dedupe_ms)
      end
      if bound_key ~= '' then
        redis.call('SET', prefix .. bound_key, bound_to, 'PX', dedupe_ms)
      end
      if job ~= '' then admitted[#admitted + 1] = job end
      answer(ACCEPTED, left, full_in)
    end
  end
end

if #admitted > 0 and job_start ~= '' then
  admitted = { job_start .. table.concat(admitted, ',') .. job_end }
end
for _, payload in ipairs(admitted) do redis.call('XADD', stream, '*', 'job', payload) end
return results

-- wrk's requests: `wrk -s bench/wrk.lua URL -- MODE FIRST LAST`. Use one thread: each would count ids from FIRST.

local mode, first, last, n
local headers = { ["Content-Type"] = "application/json" }
local text = string.rep("The printer on the second floor says PC LOAD LETTER. ", 3)

function init(args)
   mode, first, last = args[1], tonumber(args[2]), tonumber(args[3])
   n = first - 1
end

local function ticket(email)
   return wrk.format("POST", "/api/v1/tickets", headers, string.format(
      '{"full_name": "Ada Lovelace", "email": "%s@example.com", "issue_description": "%s"}', email, text))
end

function request()
   n = n + 1
   if n > last then n = first end
   if mode == "new" then return ticket("new" .. n) end
   if mode == "known" then return ticket("contact" .. n) end
   if mode == "resolve" then return wrk.format("PATCH", "/api/v1/tickets/" .. n .. "/resolve") end
   if mode == "one" then return wrk.format("GET", "/api/v1/tickets/" .. n) end
   return wrk.format("GET", mode)
end

function done(summary, latency)
   local errors = summary.errors
   local failed = errors.status + errors.connect + errors.read + errors.write + errors.timeout
   local latencies = {}
   for i = 1, #latency do
      local microseconds, count = latency(i)
      latencies[i] = string.format("[%f, %d]", microseconds / 1e3, count)
   end
   io.write(string.format('RESULT {"requests": %d, "seconds": %f, "failed": %d, "latencies": [%s]}\n',
      summary.requests, summary.duration / 1e6, failed, table.concat(latencies, ", ")))
end

// Errors as RFC 9457 problem details: one table from our error codes to HTTP.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "manager/api/schema.h"
#include "manager/net/http.h"

namespace warder::manager {

struct Problem {
  int status = 500;
  std::string code;    // stable: "not-found", "stale" …
  std::string detail;  // for a person; empty: the title says it all
  std::vector<SchemaError> errors;
  std::string trace_id;
};

/// application/problem+json.
HttpResponse problem_response(const Problem& problem);

/// What a handler's error is for a client. A message that starts with a JSON pointer ("/name: …") fills `errors`. Our
/// own faults (Internal, Corrupt) are not explained to clients: the log has them under the trace id.
Problem problem_of(const Error& error, std::string trace_id);

}  // namespace warder::manager

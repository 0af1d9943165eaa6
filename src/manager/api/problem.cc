#include "manager/api/problem.h"

#include "base/json.h"
#include "manager/net/response_head.h"

namespace warder::manager {

namespace {

int status_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::Invalid:
      return 400;
    case ErrorCode::Unauthenticated:
      return 401;
    case ErrorCode::Forbidden:
      return 403;
    case ErrorCode::NotFound:
      return 404;
    case ErrorCode::Conflict:
      return 409;
    case ErrorCode::Stale:
      return 412;
    case ErrorCode::TooLarge:
      return 413;
    case ErrorCode::TooMany:
      return 429;
    case ErrorCode::Unavailable:
    case ErrorCode::Timeout:
      return 503;
    case ErrorCode::Corrupt:
    case ErrorCode::Internal:
      return 500;
  }
  return 500;
}

}  // namespace

Problem problem_of(const Error& error, std::string trace_id) {
  Problem problem;
  problem.status = status_of(error.code);
  problem.trace_id = std::move(trace_id);
  if (problem.status == 500) {
    problem.code = "internal";
    problem.detail = "Something went wrong here. The manager's log has it under the trace id.";
    return problem;
  }
  problem.code = name(error.code);
  problem.detail = error.message;
  const std::size_t colon = error.message.find(": ");
  if (error.message.starts_with('/') && colon != std::string::npos) {
    problem.errors.push_back({error.message.substr(0, colon), error.message.substr(colon + 2), problem.code});
  }
  return problem;
}

HttpResponse problem_response(const Problem& problem) {
  json::object body{{"type", "about:blank"},
                    {"title", reason_phrase(problem.status)},
                    {"status", problem.status},
                    {"code", problem.code}};
  if (!problem.detail.empty()) body["detail"] = problem.detail;
  if (!problem.trace_id.empty()) body["trace_id"] = problem.trace_id;
  if (!problem.errors.empty()) {
    json::array errors;
    for (const SchemaError& error : problem.errors) {
      errors.push_back({{"pointer", error.pointer}, {"detail", error.detail}, {"code", error.code}});
    }
    body["errors"] = std::move(errors);
  }
  HttpResponse response;
  response.status = problem.status;
  response.headers["content-type"] = "application/problem+json";
  if (problem.status == 401) response.headers["www-authenticate"] = "Bearer";
  if (problem.status == 429) response.headers["retry-after"] = "60";
  if (problem.status == 503) response.headers["retry-after"] = "5";
  response.body = json::serialize(body);
  return response;
}

}  // namespace warder::manager

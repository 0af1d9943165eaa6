// Holds a request against its operation: parameters, body, preconditions.
#pragma once

#include <boost/json.hpp>
#include <map>
#include <optional>
#include <string>

#include "manager/api/contract.h"
#include "manager/api/problem.h"
#include "manager/net/http.h"

namespace warder::manager {

/// The first reason to refuse the request, or nothing; then `body` holds its JSON and `defaults` the query parameters
/// that it leaves out.
struct CheckedRequest {
  std::optional<Problem> problem;
  boost::json::value body;
  std::map<std::string, std::string, std::less<>> defaults;
};
CheckedRequest check_request(const Operation& operation, const HttpRequest& request,
                             const std::map<std::string, std::string, std::less<>>& path);

/// Internal, with the place, unless the answer is one that the contract has for this operation.
Result<void> check_answer(const Contract& contract, const Operation& operation, const HttpResponse& response);

}  // namespace warder::manager

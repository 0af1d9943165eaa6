// api/openapi.yaml as the server needs it: which operation a request means, and what its parameters, body and answers
// must look like.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "manager/api/schema.h"

namespace warder::manager {

inline constexpr std::string_view kApiPrefix = "/api/v1";

struct Parameter {
  std::string name;  // header names in lower case
  std::string in;    // "path", "query", "header"
  bool is_required = false;
  const Schema* schema = nullptr;
  std::optional<std::string> default_value;
};

struct Operation {
  std::string id;
  std::string method;                 // "GET"
  std::vector<std::string> segments;  // of the path; "{name}" for a parameter
  std::string right;                  // x-right; empty for a public operation
  bool is_public = false;             // security: []
  std::vector<Parameter> parameters;
  bool takes_any_query = false;  // x-any-query: parameters that the contract does not name are ignored
  bool has_body = false;
  bool is_body_required = false;
  std::string body_type;         // "application/json"
  const Schema* body = nullptr;  // of JSON bodies
  std::size_t max_body_bytes = 0;
  std::map<int, const Schema*> answers;  // JSON answers by status; null: without a body

  [[nodiscard]] bool wants_if_match() const;
  [[nodiscard]] bool takes_idempotency_key() const;
};

struct Match {
  const Operation* operation = nullptr;                  // null: no such path, or not this method
  std::map<std::string, std::string, std::less<>> path;  // parameters
  std::vector<std::string> allowed;                      // methods of this path, when the method is wrong
};

class Contract {
 public:
  /// Invalid when something in it is not supported by this server, so that nothing is silently unchecked.
  static Result<Contract> load(std::string_view yaml);

  [[nodiscard]] Match match(std::string_view method, std::string_view path) const;
  [[nodiscard]] const std::vector<Operation>& operations() const noexcept { return operations_; }
  [[nodiscard]] const Operation* find(std::string_view operation_id) const noexcept;
  [[nodiscard]] const Schema& problem() const noexcept { return *problem_; }
  /// The whole contract as JSON text.
  [[nodiscard]] const std::string& json() const noexcept { return json_; }

 private:
  std::vector<Operation> operations_;  // literal paths before those with parameters
  SchemaSet schemas_;
  const Schema* problem_ = nullptr;
  std::string json_;
};

/// YAML 1.2 core schema to JSON; Invalid for what is not YAML, deeper than 64 levels or is nested without end.
Result<boost::json::value> yaml_to_json(std::string_view yaml);

}  // namespace warder::manager

// For tests: the rules of OSCAL 1.2.2 for what this program writes, and a Trust Center to write it of.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "manager/trust/oscal.h"

namespace warder::manager::testing {

/// The documents' names, as the API has them.
inline constexpr std::string_view kOscalNames[] = {"catalog", "component-definition", "assessment-results", "poam"};

/// A member of an object: its rule is an object's name, a datatype ("uuid", "token", "time", "uri", "uri-reference",
/// "line", "string", "text"), or words with "|" between, one of which it is.
struct OscalMember {
  std::string rule;
  bool is_needed = false;
  bool is_list = false;      // of at least one
  bool is_described = true;  // no: the schema takes it, but nothing here says what it holds
};
using OscalObject = std::map<std::string, OscalMember, std::less<>>;

/// By name; the whole document is "document".
const std::map<std::string, OscalObject, std::less<>>& oscal_objects();

struct OscalPlace {
  std::string pointer;
  std::string rule;
};

struct OscalReading {
  std::vector<std::string> violations;  // "/catalog/metadata: has no title"
  std::vector<OscalPlace> objects;
  std::vector<OscalPlace> lists;  // of what their members are
  std::vector<OscalPlace> values;
};

/// Goes through a document by the rules. What it reports is all that NIST's JSON Schemas would refuse, and members that
/// they take but the rules do not describe.
OscalReading read_oscal(const json::value& document);

/// Every value that stands under this key, in order.
std::vector<std::string> values_under(const json::value& document, std::string_view key);

/// Two checks, one of which fails, and promises of every kind.
class OscalWorld {
 public:
  OscalWorld();
  /// These promises as they are without any evidence; `latest` is what their checks found.
  OscalWorld(std::vector<Commitment> rows, std::vector<Check> checks, LatestResults latest);
  OscalWorld(const OscalWorld&) = delete;
  OscalWorld& operator=(const OscalWorld&) = delete;

  [[nodiscard]] json::value make(std::string_view name) const;
  [[nodiscard]] const std::vector<Commitment>& rows() const noexcept { return rows_; }
  [[nodiscard]] const TrustSnapshot& snapshot() const noexcept { return snapshot_; }

 private:
  std::vector<Commitment> rows_;
  std::vector<Check> checks_;
  TrustSnapshot snapshot_;
};

/// The moment of all these documents.
Timestamp oscal_time();

}  // namespace warder::manager::testing

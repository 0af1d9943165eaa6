// Rules tried on paths: which sets watch them and what decides that, and what they would make of a change. Asked of the
// same scope that a host's rules are compiled to.
#pragma once

#include <boost/json/fwd.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engines/integrity/changes.h"
#include "engines/integrity/entity.h"
#include "engines/integrity/scope.h"
#include "host/file_tree.h"

namespace warder::integrity {

/// A file as somebody supposes it to be.
struct SupposedFile {
  std::uint32_t mode = 0644;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::optional<std::uint64_t> size{};  // absent: that of the content
  std::string content{};                // its beginning is enough where a rule asks whether it is executable
  std::string target{};                 // of a link
};

struct SupposedPath {
  std::string path;  // absolute
  host::FileKind kind = host::FileKind::Regular;
  std::optional<SupposedFile> was{};
  std::optional<SupposedFile> is{};
};

enum class Decision : std::uint8_t {
  Watched,
  OtherKind,  // a set of files and a directory, or the other way round
  OutsideBase,
  NotIncluded,  // there are includes, and no key of them matches
  TestFails,    // a key matches, and the file is not as the include wants it
  Excluded,
};
std::string_view name(Decision decision) noexcept;

/// What one set of a rule says of a path.
struct SetVerdict {
  const Rule* rule = nullptr;
  const EntitySet* set = nullptr;
  Decision decision = Decision::OutsideBase;
  const Condition* by = nullptr;  // the include or exclude that decided; nullptr: there is none
};

struct PathVerdict {
  bool is_watched = false;
  bool depends_on_file = false;      // tests were not asked, for nothing is known of the file
  std::vector<SetVerdict> sets;      // of files and directories, in the order of the rules
  std::vector<Change> on_scan;       // what the rules make of the change that is supposed
  std::vector<Change> in_real_time;  // the same without sets that say onChange="false"
};

/// Immutable. What it gives points into it.
class RuleTrial {
 public:
  RuleTrial(RuleTrial&&) noexcept = default;
  RuleTrial& operator=(RuleTrial&&) noexcept = default;
  RuleTrial(const RuleTrial&) = delete;
  RuleTrial& operator=(const RuleTrial&) = delete;
  ~RuleTrial() = default;
  static Result<RuleTrial> create(RuleSet rules);

  [[nodiscard]] PathVerdict judge(const SupposedPath& supposed) const;
  [[nodiscard]] const std::vector<Rule>& rules() const noexcept { return whole_.rules(); }

 private:
  RuleTrial() = default;
  /// A set compiled by itself, and with parts of its conditions alone.
  struct Part {
    std::uint32_t rule = 0;
    const EntitySet* set = nullptr;
    Scope whole;
    Scope base;
    std::vector<Scope> includes;  // one each
    std::vector<Scope> excludes;
  };

  [[nodiscard]] SetVerdict decide(const Part& part, const SupposedPath& supposed, const FeatureTest& test) const;
  void judge_change(const SupposedPath& supposed, PathVerdict& verdict) const;

  Scope whole_;
  std::vector<Part> parts_;
};

/// {path, watched, depends_on_file, sets: [{rule, set, base, decision, by, attributes, real_time}], changes}.
boost::json::object to_json(const SupposedPath& supposed, const PathVerdict& verdict);

}  // namespace warder::integrity

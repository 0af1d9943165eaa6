#include "engines/inventory/conditions.h"

#include <algorithm>
#include <array>

#include "base/json.h"
#include "base/text.h"
#include "engines/inventory/version.h"

namespace warder::inventory {
namespace {

using Test = Condition::Test;

constexpr int kMaxDepth = 8;
constexpr int kMaxTests = 1000;
constexpr std::size_t kMaxPattern = 200;

struct TestRow {
  std::string_view key;
  Test test;
};
constexpr std::array kTests{TestRow{"package", Test::Package}, TestRow{"service", Test::Service},
                            TestRow{"port", Test::Port},       TestRow{"program", Test::Program},
                            TestRow{"path", Test::Path},       TestRow{"user", Test::User},
                            TestRow{"module", Test::Module},   TestRow{"container", Test::Container},
                            TestRow{"os", Test::Os},           TestRow{"all", Test::All},
                            TestRow{"any", Test::Any},         TestRow{"not", Test::Not}};

constexpr std::array<std::pair<std::string_view, VersionBound::Operator>, 5> kOperators{
    {{"<=", VersionBound::Operator::AtMost},
     {">=", VersionBound::Operator::AtLeast},
     {"<", VersionBound::Operator::Less},
     {">", VersionBound::Operator::Greater},
     {"=", VersionBound::Operator::Equal}}};

// ">= 2.4, < 2.4.58"
Result<std::vector<VersionBound>> parse_versions(std::string_view text) {
  std::vector<VersionBound> bounds;
  for (const std::string_view part : split(text, ',')) {
    const std::string_view one = trim(part);
    const auto* const found =
        std::ranges::find_if(kOperators, [&](const auto& row) { return one.starts_with(row.first); });
    if (found == kOperators.end()) return fail(ErrorCode::Invalid, "version: begins with none of <, <=, =, >=, >");
    const std::string_view version = trim(one.substr(found->first.size()));
    if (version.empty()) return fail(ErrorCode::Invalid, "version: there is none after " + std::string(found->first));
    bounds.push_back({found->second, std::string(version)});
  }
  return bounds;
}

class Parser {
 public:
  Result<Condition> parse(const json::value& value, int depth) {
    if (depth > kMaxDepth) return fail(ErrorCode::Invalid, "more than 8 levels");
    if (++tests_ > kMaxTests) return fail(ErrorCode::Invalid, "more than 1000 tests");
    if (!value.is_object()) return fail(ErrorCode::Invalid, "not an object");
    const json::object& object = value.get_object();
    Condition condition;
    const TestRow* row = nullptr;
    for (const auto& member : object) {
      const auto* const found = std::ranges::find(kTests, std::string_view(member.key()), &TestRow::key);
      if (found == kTests.end()) continue;
      if (row != nullptr) return fail(ErrorCode::Invalid, "two tests in one object; put them into \"all\" or \"any\"");
      row = found;
    }
    if (row == nullptr) return fail(ErrorCode::Invalid, "no test: package, service, port … or all, any, not");
    condition.test = row->test;
    WD_TRY(parse_members(object, *row, condition, depth).in("/" + std::string(row->key)));
    return condition;
  }

 private:
  Result<void> parse_members(const json::object& object, const TestRow& row, Condition& condition, int depth) {
    for (const auto& member : object) {
      const std::string_view key = member.key();
      const bool is_versioned = condition.test == Test::Package || condition.test == Test::Os;
      if (key == row.key) {
        WD_TRY(parse_test(member.value(), condition, depth));
      } else if (key == "version" && is_versioned) {
        condition.versions = WD_TRY(parse_versions(WD_TRY(get_string(object, key))));
      } else if (key == "manager" && condition.test == Test::Package) {
        condition.manager = WD_TRY(get_string(object, key));
      } else if (key == "state" && condition.test == Test::Service) {
        condition.state = WD_TRY(get_string(object, key));
      } else {
        return fail(ErrorCode::Invalid, "does not go with \"" + std::string(key) + "\"");
      }
    }
    return {};
  }

  Result<void> parse_test(const json::value& value, Condition& condition, int depth) {
    switch (condition.test) {
      case Test::All:
      case Test::Any: {
        if (!value.is_array() || value.get_array().empty()) return fail(ErrorCode::Invalid, "not a list of conditions");
        std::size_t index = 0;
        for (const json::value& part : value.get_array())
          condition.parts.push_back(WD_TRY(parse(part, depth + 1).in("/" + std::to_string(index++))));
        return {};
      }
      case Test::Not:
        condition.parts.push_back(WD_TRY(parse(value, depth + 1)));
        return {};
      case Test::Package:
      case Test::Service:
      case Test::Port:
      case Test::Program:
      case Test::Path:
      case Test::User:
      case Test::Module:
      case Test::Container:
      case Test::Os:
        if (!value.is_string() || value.get_string().empty() || value.get_string().size() > kMaxPattern)
          return fail(ErrorCode::Invalid, "not a text of 1 to 200 bytes");
        condition.pattern = value.get_string();
        return {};
    }
    return {};
  }

  int tests_ = 0;
};

bool is_within(const std::vector<VersionBound>& bounds, std::string_view manager, std::string_view version) {
  return std::ranges::all_of(bounds, [&](const VersionBound& bound) {
    const int order = compare_versions(manager, version, bound.version);
    switch (bound.op) {
      case VersionBound::Operator::Less:
        return order < 0;
      case VersionBound::Operator::AtMost:
        return order <= 0;
      case VersionBound::Operator::Equal:
        return order == 0;
      case VersionBound::Operator::AtLeast:
        return order >= 0;
      case VersionBound::Operator::Greater:
        return order > 0;
    }
    return false;
  });
}

using Reason = std::optional<std::string>;

Reason first(const FactsIndex& facts, Kind kind, std::string_view pattern, std::string_view word) {
  const auto items = facts.find(kind, pattern);
  if (items.empty()) return std::nullopt;
  return std::string(word) + " " + items.front()->name;
}

Reason has_package(const Condition& condition, const FactsIndex& facts) {
  for (const Item* item : facts.find(Kind::Package, condition.pattern)) {
    const std::string_view manager = attribute(*item, "manager");
    if (!condition.manager.empty() && condition.manager != manager) continue;
    if (is_within(condition.versions, manager, item->version)) return "package " + item->name + " " + item->version;
  }
  return std::nullopt;
}

Reason has_service(const Condition& condition, const FactsIndex& facts) {
  // People say "nginx"; the unit is nginx.service, or nginx.sysv of a script.
  for (const char* suffix : {"", ".service", ".sysv"}) {
    for (const Item* item : facts.find(Kind::Service, condition.pattern + suffix)) {
      const bool is_it = condition.state.empty() || condition.state == attribute(*item, "start") ||
                         condition.state == attribute(*item, "state");
      if (is_it) return "service " + item->name;
    }
  }
  return std::nullopt;
}

Reason has_container(const Condition& condition, const FactsIndex& facts) {
  for (const Item* item : facts.find(Kind::Container, "*")) {
    const std::string_view image = attribute(*item, "image");
    if (matches_glob(condition.pattern, item->name) || matches_glob(condition.pattern, image) ||
        matches_glob(condition.pattern, image.substr(0, image.rfind(':'))))
      return "container " + item->name;
  }
  return std::nullopt;
}

Reason is_os(const Condition& condition, const FactsIndex& facts) {
  const Item* system = facts.system();
  if (system == nullptr) return std::nullopt;
  const std::string_view id = attribute(*system, "os_id");
  bool is_it = matches_glob(condition.pattern, id);
  for (const std::string_view family : split(attribute(*system, "os_like"), ' '))
    is_it = is_it || (!family.empty() && matches_glob(condition.pattern, family));
  if (!is_it || !is_within(condition.versions, "", system->version)) return std::nullopt;
  return "operating system " + std::string(id) + " " + system->version;
}

Reason all_hold(const Condition& condition, const FactsIndex& facts) {
  std::string reasons;
  for (const Condition& part : condition.parts) {
    const Reason reason = holds(part, facts);
    if (!reason) return std::nullopt;
    if (!reason->empty()) reasons += (reasons.empty() ? "" : ", ") + *reason;
  }
  return reasons;
}

Reason any_holds(const Condition& condition, const FactsIndex& facts) {
  for (const Condition& part : condition.parts)
    if (auto reason = holds(part, facts)) return reason;
  return std::nullopt;
}

}  // namespace

Result<Condition> parse_condition(const json::value& json) {
  return Parser().parse(json, 1);
}

Reason holds(const Condition& condition, const FactsIndex& facts) {
  const std::string& pattern = condition.pattern;
  switch (condition.test) {
    case Test::Package:
      return has_package(condition, facts);
    case Test::Service:
      return has_service(condition, facts);
    case Test::Port:
      return first(facts, Kind::Socket, pattern, "port");
    case Test::Program:
      return first(facts, Kind::Program, pattern, "program");
    case Test::Path:
      return facts.has_path(pattern) ? Reason("path " + pattern) : std::nullopt;
    case Test::User:
      return first(facts, Kind::User, pattern, "user");
    case Test::Module:
      return first(facts, Kind::KernelModule, pattern, "kernel module");
    case Test::Container:
      return has_container(condition, facts);
    case Test::Os:
      return is_os(condition, facts);
    case Test::All:
      return all_hold(condition, facts);
    case Test::Any:
      return any_holds(condition, facts);
    case Test::Not:
      return holds(condition.parts.front(), facts) ? std::nullopt : Reason("");
  }
  return std::nullopt;
}

}  // namespace warder::inventory

// Conditions on what a host has, as content declares them: "nginx is installed, or something listens on tcp/80".
#pragma once

#include <boost/json/fwd.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engines/inventory/facts_index.h"

namespace warder::inventory {

/// One comparison of a version: ">= 2.4".
struct VersionBound {
  enum class Operator : std::uint8_t { Less, AtMost, Equal, AtLeast, Greater } op = Operator::Equal;
  std::string version;
};

/// A test of one kind of thing, or a combination. Names are globs: ? one character, * any run.
struct Condition {
  enum class Test : std::uint8_t { Package, Service, Port, Program, Path, User, Module, Container, Os, All, Any, Not };
  Test test = Test::All;
  std::string pattern;                 // of the name; of Os: the id or one of its families
  std::string manager;                 // Package: "dpkg" …; empty: any
  std::string state;                   // Service: "enabled", "active"; empty: it is there
  std::vector<VersionBound> versions;  // Package, Os: all must hold
  std::vector<Condition> parts;        // All, Any, Not
};

/// Content is signed but written by people: Invalid names the place ("/any/2/package: …"). At most 8 levels and 1000
/// tests.
Result<Condition> parse_condition(const boost::json::value& json);

/// Why it holds, in the words of the inventory ("package nginx 1.22.1-9"); nullopt: it does not. A kind that is not
/// known of the host makes no test of it hold.
std::optional<std::string> holds(const Condition& condition, const FactsIndex& facts);

}  // namespace warder::inventory

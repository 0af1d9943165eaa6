// Which rule packs fit a host: a function of what the host has and what packs say of themselves.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engines/inventory/conditions.h"

namespace warder::inventory {

/// Something that can be recommended: a rule pack, or a named part of one.
struct Offer {
  std::string id;      // "nginx"
  std::string module;  // "log-inspection", "ips", "integrity" …: the policy section it belongs to
  std::string title;   // one line for people
  Condition when;
};

/// A file recommend.json: {"format": 1, "module": "loginspection", "offers": [{"id", "title", "when"}, …]}; its form is
/// in the README. Invalid names the place. At most 2000 offers.
Result<std::vector<Offer>> parse_offers(std::string_view text);

struct Recommendation {
  std::string id;
  std::string module;
  std::string title;
  std::string reason;  // what of the host made it so: "package nginx 1.22.1-9"
  friend bool operator==(const Recommendation&, const Recommendation&) = default;
};

/// In the order of the offers.
std::vector<Recommendation> recommend(const FactsIndex& facts, std::span<const Offer> offers);

}  // namespace warder::inventory

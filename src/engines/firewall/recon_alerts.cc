#include "engines/firewall/recon_alerts.h"

#include <algorithm>
#include <boost/json.hpp>
#include <utility>

#include "base/json.h"

namespace warder::firewall {
namespace {

constexpr std::size_t kMostShown = 100;

}  // namespace

void ReconAlerts::note(const ReconFinding& finding, Timestamp now, std::chrono::minutes lasts) {
  const Key key{finding.kind, finding.source};
  const auto [at, is_new] = open_.try_emplace(key, ReconAlert{finding.kind, finding.source, now, now, 0});
  ReconAlert& alert = at->second;
  if (!is_new) {
    const auto [first, last] = ends_.equal_range(alert.ends);
    const auto old = std::find_if(first, last, [&](const auto& each) { return each.second == key; });
    if (old != last) ends_.erase(old);
  }
  alert.ends = now + lasts;
  alert.findings += 1;
  ends_.emplace(alert.ends, key);
  if (open_.size() > kMaxOpen) end(ends_.begin()->second);
}

void ReconAlerts::end(const Key& which) {
  const Key key = which;  // it may stand in ends_
  const auto at = open_.find(key);
  const auto [first, last] = ends_.equal_range(at->second.ends);
  ends_.erase(std::find_if(first, last, [&](const auto& each) { return each.second == key; }));
  ended_.push_back(at->second);
  open_.erase(at);
}

std::vector<ReconAlert> ReconAlerts::take_ended(Timestamp now) {
  while (!ends_.empty() && ends_.begin()->first <= now) end(ends_.begin()->second);
  return std::exchange(ended_, {});
}

json::array ReconAlerts::view() const {
  json::array out;
  for (auto at = ends_.rbegin(); at != ends_.rend() && out.size() < kMostShown; ++at) {
    const ReconAlert& alert = open_.at(at->second);
    out.push_back(json::object{{"kind", name(alert.kind)},
                               {"source", alert.source.text()},
                               {"began", to_rfc3339(alert.began)},
                               {"ends", to_rfc3339(alert.ends)},
                               {"findings", alert.findings}});
  }
  return out;
}

}  // namespace warder::firewall

#include "manager/fleet/host_fields.h"

#include <algorithm>

#include "manager/events/filter_vocabulary.h"

namespace warder::manager {
namespace {

using Kind = FilterFieldKind;
using enum PersonalData;
constexpr EventColumn kNone = EventColumn::None;

constexpr FilterField kFields[] = {
    {"id", Kind::Uuid, kNone, None, "The agent"},
    {"name", Kind::Text, kNone, Identifier, "Name of the host"},
    {"address", Kind::Text, kNone, Identifier, "Where it connects from"},
    {"state", Kind::Text, kNone, None, "online, offline or never-connected"},
    {"group", Kind::Text, kNone, None, "Its group, and those above"},
    {"policy", Kind::Text, kNone, None, "The policy that applies"},
    {"policy.state", Kind::Text, kNone, None, "none, pending, applied or failed"},
    {"tag", Kind::Text, kNone, None, "One of its tags"},
    {"asset_value", Kind::Integer, kNone, None, "Its own value, where it has one"},
    {"os", Kind::Text, kNone, None, "Operating system, as the agent says"},
    {"kernel", Kind::Text, kNone, None, "Kernel, as the agent says"},
    {"agent.version", Kind::Text, kNone, None, "Version of the agent"},
    {"enrolled", Kind::Time, kNone, None, "When it was enrolled"},
    {"last_seen", Kind::Time, kNone, None, "When it was heard from last"},
    {"certificate.expires", Kind::Time, kNone, None, "When its certificate ends"},
    {"spool_events", Kind::Integer, kNone, None, "Events that wait on the host"},
    {"warning", Kind::Text, kNone, None, "One of its warnings: agent.clock.wrong"},
    {"module.anti-malware", Kind::Text, kNone, None, "on, off, degraded or unknown"},
    {"module.firewall", Kind::Text, kNone, None, "on, off, degraded or unknown"},
    {"module.ips", Kind::Text, kNone, None, "on, off, degraded or unknown"},
    {"module.integrity", Kind::Text, kNone, None, "on, off, degraded or unknown"},
    {"module.log-inspection", Kind::Text, kNone, None, "on, off, degraded or unknown"},
    {"fact.package", Kind::Text, kNone, None, "Name of one of its packages"},
    {"fact.service", Kind::Text, kNone, None, "Name of one of its services"},
    {"fact.port", Kind::Text, kNone, None, "One of the ports on which it listens"},
    {"fact.container", Kind::Text, kNone, None, "Name of one of its containers"},
    {"any", Kind::AnyText, kNone, Identifier, "Any of its texts but facts"},
};

}  // namespace

std::span<const FilterField> host_fields() {
  return kFields;
}

const FilterField* find_host_field(std::string_view key) {
  if (key == "host" || key == "host.name") key = "name";
  const auto* const found = std::ranges::find(kFields, key, &FilterField::key);
  return found == std::end(kFields) ? nullptr : found;
}

Result<Filter> parse_host_filter(std::string_view text) {
  return parse_filter(text, find_host_field);
}

}  // namespace warder::manager

#include "agent/firewall_event.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace warder::agent {
namespace {

using firewall::Code;
using firewall::LogPrefix;

constexpr std::size_t kMaxOpen = 10'000;
constexpr std::size_t kMaxPacketBytes = 1024;
constexpr std::chrono::seconds kTellDrops{10};

std::string_view type_of(const LogPrefix& prefix) {
  if (prefix.code == Code::LogRule) return "firewall.packet.logged";
  const bool is_dropped = prefix.outcome == LogPrefix::Outcome::Dropped;
  if (prefix.code == Code::DenyRule) return is_dropped ? "firewall.packet.denied" : "firewall.packet.would-deny";
  return is_dropped ? "firewall.packet.refused" : "firewall.packet.would-refuse";
}

const firewall::Rule* find_rule(const firewall::Policy& policy, std::string_view id) {
  const auto at = std::find_if(policy.rules.begin(), policy.rules.end(),
                               [&](const firewall::Rule& rule) { return !id.empty() && rule.id == id; });
  return at == policy.rules.end() ? nullptr : &*at;
}

bool has_ports(std::uint8_t protocol) {
  return protocol == firewall::kTcp || protocol == firewall::kUdp || protocol == firewall::kSctp;
}

void set_ends(Event& event, const firewall::Tuple& tuple, bool is_with_ports) {
  event.set("destination.ip", tuple.destination.text());
  if (is_with_ports) event.set("destination.port", std::int64_t{tuple.destination_port});
  event.set("network.protocol", firewall::protocol_name(tuple.protocol));
  event.set("source.ip", tuple.source.text());
  if (is_with_ports) event.set("source.port", std::int64_t{tuple.source_port});
}

std::string_view direction_name(const firewall::Packet& packet) {
  return packet.direction == firewall::Direction::Incoming ? "inbound" : "outbound";
}

}  // namespace

Event make_packet_event(const LoggedDetail& detail, const firewall::Policy& policy) {
  const firewall::Packet& packet = detail.packet;
  const firewall::Rule* rule = find_rule(policy, detail.prefix.rule);
  Event event;
  event.module = ModuleKind::Firewall;
  event.type = std::string(type_of(detail.prefix));
  event.rule = detail.prefix.rule;
  event.action = detail.prefix.outcome == LogPrefix::Outcome::Dropped  ? Action::Blocked
                 : detail.prefix.outcome == LogPrefix::Outcome::Passed ? Action::Allowed
                                                                       : Action::Logged;
  event.severity = detail.prefix.code == Code::LogRule ? Severity::Info : Severity::Low;
  if (rule != nullptr && rule->alert) event.severity = Severity::High;
  event.set("firewall.code", static_cast<std::int64_t>(detail.prefix.code));
  event.set("firewall.reason", std::string(firewall::title(detail.prefix.code)));
  event.set("network.direction", std::string(direction_name(packet)));
  if (!packet.interface.empty()) event.set("network.interface", event_text(packet.interface));
  if (packet.source_mac) event.set("source.mac", firewall::text(*packet.source_mac));
  if (packet.is_ip()) {
    set_ends(event, packet.tuple, has_ports(packet.tuple.protocol) && packet.has_transport);
    event.set("network.bytes", std::int64_t{packet.bytes});
    if (packet.tuple.protocol == firewall::kTcp && packet.has_transport)
      event.set("network.tcp_flags", firewall::flags_text(packet.tcp_flags));
    if ((packet.tuple.protocol == firewall::kIcmp || packet.tuple.protocol == firewall::kIcmp6) && packet.has_transport)
      event.set("network.icmp", fmt::format("{}/{}", packet.icmp_type, packet.icmp_code));
  }
  if (rule != nullptr && rule->packet_data)
    event.set("packet.data", to_hex(detail.bytes.first(std::min(detail.bytes.size(), kMaxPacketBytes))));
  return event;
}

Event make_recon_event(const firewall::ReconFinding& finding, bool is_blocked, std::int64_t minutes) {
  Event event;
  event.module = ModuleKind::Firewall;
  event.type = "firewall.recon.detected";
  event.severity = Severity::Medium;
  event.action = is_blocked ? Action::Blocked : Action::Logged;
  event.set("destination.ip", finding.destination.text());
  event.set("firewall.recon", std::string(firewall::name(finding.kind)));
  if (finding.addresses > 0) {
    event.set("firewall.recon.addresses", std::int64_t{finding.addresses});
    event.set("firewall.recon.ports", std::int64_t{finding.ports});
    event.set("firewall.recon.slow", finding.is_slow);
  }
  if (is_blocked) event.set("firewall.blocked_min", minutes);
  event.set("source.ip", finding.source.text());
  return event;
}

Event make_recon_ended_event(const firewall::ReconAlert& alert) {
  Event event;
  event.module = ModuleKind::Firewall;
  event.type = "firewall.recon.ended";
  event.severity = Severity::Info;
  event.action = Action::Logged;
  event.set("count", alert.findings);
  event.set("firewall.recon", std::string(firewall::name(alert.kind)));
  event.set("source.ip", alert.source.text());
  return event;
}

Event make_connection_event(const host::ConnectionRecord& record) {
  Event event;
  event.module = ModuleKind::Firewall;
  event.type = record.is_new ? "firewall.connection.opened" : "firewall.connection.closed";
  event.severity = Severity::Info;
  event.action = Action::Allowed;
  set_ends(event, {record.source, record.destination, record.protocol, record.source_port, record.destination_port},
           has_ports(record.protocol));
  if (record.bytes) event.set("network.bytes", static_cast<std::int64_t>(*record.bytes));
  if (record.packets) event.set("network.packets", static_cast<std::int64_t>(*record.packets));
  return event;
}

std::string fold_key(const LoggedDetail& detail) {
  const firewall::Tuple& tuple = detail.packet.tuple;
  return fmt::format("{}|{}|{}|{}|{}|{}|{}|{}", static_cast<int>(detail.prefix.outcome),
                     static_cast<int>(detail.prefix.code), detail.prefix.rule,
                     static_cast<int>(detail.packet.direction), tuple.source.text(), tuple.destination.text(),
                     tuple.protocol, tuple.destination_port);
}

void EventFolder::set_policy(const firewall::Policy& policy) {
  fold_ = std::chrono::seconds{policy.fold_s};
  per_second_ = static_cast<double>(policy.events_per_s);
  tokens_ = std::min(tokens_, per_second_);
}

void EventFolder::add(Event event, const std::string& key, Timestamp now) {
  event.time = now;
  if (key.empty() || fold_.count() == 0 || (open_.size() >= kMaxOpen && !open_.contains(key)))
    return send(std::move(event), now);
  const auto at = open_.find(key);
  if (at != open_.end() && now < at->second.end) {
    at->second.event = std::move(event);
    at->second.count += 1;
    return;
  }
  if (at != open_.end() && at->second.count > 0) {
    at->second.event.set("count", at->second.count);
    send(std::move(at->second.event), now);
  }
  open_[key] = Open{Event{}, now + fold_, 0};
  send(std::move(event), now);
}

void EventFolder::send(Event event, Timestamp now) {
  const double passed = std::chrono::duration<double>(now - refilled_).count();
  if (passed > 0) {
    tokens_ = std::min(per_second_, tokens_ + passed * per_second_);
    refilled_ = now;
  }
  if (tokens_ < 1) {
    ++dropped_;
    const auto* count = event.find("count");
    dropped_now_ += count != nullptr ? std::get<std::int64_t>(*count) : 1;
    return;
  }
  tokens_ -= 1;
  ready_.push_back(std::move(event));
}

std::vector<Event> EventFolder::take(Timestamp now) {
  for (auto at = open_.begin(); at != open_.end();) {
    if (now < at->second.end) {
      ++at;
      continue;
    }
    if (at->second.count > 0) {
      at->second.event.set("count", at->second.count);
      send(std::move(at->second.event), now);
    }
    at = open_.erase(at);
  }
  if (dropped_now_ > 0 && now >= told_ + kTellDrops) {
    Event& event = ready_.emplace_back();
    event.module = ModuleKind::Firewall;
    event.type = "firewall.events.dropped";
    event.severity = Severity::Medium;
    event.time = now;
    event.set("count", std::exchange(dropped_now_, 0));
    told_ = now;
  }
  return std::exchange(ready_, {});
}

}  // namespace warder::agent

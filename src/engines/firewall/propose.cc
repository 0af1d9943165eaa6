#include "engines/firewall/propose.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/json.h"

namespace warder::firewall {
namespace {

constexpr std::size_t kMaxText = 32 << 20;
constexpr std::size_t kMostNamed = 16;  // more sources than these are "everybody"

std::string_view short_name(std::uint8_t protocol) {
  return protocol == kTcp ? "tcp" : "udp";
}

const Service* find_service(const std::vector<Service>& services, std::uint8_t protocol, std::uint16_t port) {
  const auto at = std::find_if(services.begin(), services.end(), [&](const Service& service) {
    return service.protocol == protocol && service.port == port && !service.is_loopback;
  });
  return at == services.end() ? nullptr : &*at;
}

}  // namespace

void Seen::note(const Packet& packet) {
  const std::uint8_t protocol = packet.tuple.protocol;
  const bool is_start =
      protocol == kUdp || (protocol == kTcp && (packet.tcp_flags & (kSyn | kAck | kFin | kRst)) == kSyn);
  if (packet.direction != Direction::Incoming || !packet.has_transport || !is_start) return;
  const Port key{protocol, packet.tuple.destination_port};
  if (!ports_.contains(key) && ports_.size() >= kMaxPorts) return;
  Use& use = ports_[key];
  if (use.count++ == 0) use.first = packet.time;
  use.last = packet.time;
  if (use.sources.contains(packet.tuple.source) || use.sources.size() < kMaxSources) {
    use.sources[packet.tuple.source] = packet.time;
  } else {
    use.has_more_sources = true;
  }
  is_changed_ = true;
}

std::string Seen::save() {
  json::array ports;
  for (const auto& [key, use] : ports_) {
    json::array sources;
    for (const auto& [address, time] : use.sources) sources.push_back(json::array{address.text(), to_micros(time)});
    ports.push_back(json::array{key.first, key.second, use.count, to_micros(use.first), to_micros(use.last),
                                use.has_more_sources, std::move(sources)});
  }
  is_changed_ = false;
  return json::serialize(ports);
}

void Seen::load(std::string_view text) {
  const auto parsed = parse_json(text, kMaxText);
  if (!parsed || !parsed->is_array()) return;
  for (const json::value& each : parsed->get_array()) {
    const json::array* row = each.if_array();
    if (row == nullptr || row->size() != 7 || !(*row)[5].is_bool() || !(*row)[6].is_array()) continue;
    const bool is_numbers =
        std::all_of(row->begin(), row->begin() + 5, [](const json::value& v) { return v.is_int64(); });
    if (!is_numbers || ports_.size() >= kMaxPorts) continue;
    Use& use =
        ports_[{static_cast<std::uint8_t>((*row)[0].get_int64()), static_cast<std::uint16_t>((*row)[1].get_int64())}];
    use.count = (*row)[2].get_int64();
    use.first = from_micros((*row)[3].get_int64());
    use.last = from_micros((*row)[4].get_int64());
    use.has_more_sources = (*row)[5].get_bool();
    for (const json::value& source : (*row)[6].get_array()) {
      const json::array* pair = source.if_array();
      if (pair == nullptr || pair->size() != 2 || !(*pair)[0].is_string() || !(*pair)[1].is_int64()) continue;
      const auto address = parse_ip((*pair)[0].get_string());
      if (address && use.sources.size() < kMaxSources) use.sources[*address] = from_micros((*pair)[1].get_int64());
    }
  }
}

json::object Seen::view(const std::vector<Service>& services, Timestamp /*now*/) const {
  std::map<Port, json::object> rows;
  const auto row = [&](const Port& key) -> json::object& {
    json::object& out = rows[key];
    out["protocol"] = short_name(key.first);
    out["port"] = key.second;
    return out;
  };
  for (const Service& service : services) {
    json::object& out = row({service.protocol, service.port});
    out["listens"] = true;
    out["program"] = service.program;
    out["loopback_only"] = service.is_loopback;
  }
  for (const auto& [key, use] : ports_) {
    json::object& out = row(key);
    if (!out.contains("listens")) out["listens"] = false;
    out["count"] = use.count;
    out["first"] = to_rfc3339(use.first);
    out["last"] = to_rfc3339(use.last);
    json::array sources;
    for (const auto& [address, time] : use.sources) sources.emplace_back(address.text());
    out["sources"] = std::move(sources);
    out["more_sources"] = use.has_more_sources;
  }
  json::array ports;
  for (auto& [key, out] : rows) ports.push_back(std::move(out));
  return {{"ports", std::move(ports)}};
}

json::object Seen::propose(const std::vector<Service>& services, Timestamp now, std::int64_t days) const {
  const Timestamp since = now - std::chrono::hours{24 * std::clamp<std::int64_t>(days, 1, 3650)};
  json::array rules;
  for (const auto& [key, use] : ports_) {
    const Service* service = find_service(services, key.first, key.second);
    if (service == nullptr || use.last < since) continue;
    json::array sources;
    for (const auto& [address, time] : use.sources)
      if (time >= since) sources.emplace_back(address.text());
    json::object rule{{"id", fmt::format("{}-{}", short_name(key.first), key.second)},
                      {"name", service->program.empty() ? fmt::format("port {}", key.second) : service->program},
                      {"action", "allow"},
                      {"protocol", short_name(key.first)},
                      {"destination_ports", json::array{std::to_string(key.second)}}};
    if (!use.has_more_sources && sources.size() <= kMostNamed) rule["source_addresses"] = std::move(sources);
    rules.push_back(std::move(rule));
  }
  return {{"mode", "tap"}, {"rules", std::move(rules)}};
}

}  // namespace warder::firewall

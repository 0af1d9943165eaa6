// Rendering of events in each form, for one core. Peer: the same event as a bare JSON object, built and serialised,
// with nothing escaped, cut or named anew.
#include <fmt/format.h>
#include <time.h>

#include <boost/json.hpp>
#include <functional>

#include "figures.h"
#include "formats/format.h"

namespace {

using namespace warder;
using namespace warder::formats;
namespace json = boost::json;

double cpu_seconds() {
  timespec time{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

Event packet_event(Timestamp time, std::uint64_t number) {
  Event event = bench::typical_event(time, number);
  event.module = ModuleKind::Firewall;
  event.type = "firewall.packet.denied";
  event.action = Action::Blocked;
  event.fields.clear();
  event.set("firewall.code", std::int64_t{21});
  event.set("firewall.reason", std::string{"Deny rule"});
  event.set("network.direction", std::string{"inbound"});
  event.set("network.interface", std::string{"eth0"});
  event.set("network.bytes", std::int64_t{60});
  event.set("network.protocol", std::string{"tcp"});
  event.set("source.ip", fmt::format("192.0.2.{}", number % 256));
  event.set("source.port", static_cast<std::int64_t>(number % 60'000));
  event.set("destination.ip", std::string{"198.51.100.7"});
  event.set("destination.port", std::int64_t{22});
  return event;
}

Event line_event(Timestamp time, std::uint64_t number) {
  Event event = bench::typical_event(time, number);
  event.module = ModuleKind::LogInspection;
  event.type = "log-inspection.rule.matched";
  event.rule = "710103";
  event.fields.clear();
  event.set(
      "log.line",
      fmt::format("Nov 22 10:00:00 web-1 sshd[{}]: Failed password for root from 192.0.2.7 port 5000 ssh2", number));
  event.set("log.program", std::string{"sshd"});
  event.set("log.source", std::string{"/var/log/auth.log"});
  event.set("rule.attack", std::string{"T1110.001"});
  event.set("rule.description", std::string{"SSH login of root failed from 192.0.2.7."});
  event.set("rule.groups", std::string{"warder,syslog,sshd,authentication_failed"});
  event.set("rule.level", std::int64_t{5});
  event.set("source.ip", std::string{"192.0.2.7"});
  event.set("user.name", std::string{"root"});
  return event;
}

// A third each of changed files, denied packets and lines of logs.
std::vector<OutgoingEvent> sample_events(std::size_t count) {
  const Timestamp time = bench::must(parse_rfc3339("2026-11-22T10:00:00Z"));
  UuidGenerator ids(fill_random);
  std::vector<OutgoingEvent> events;
  for (std::size_t i = 0; i < count; ++i) {
    OutgoingEvent out;
    out.event = i % 3 == 0 ? bench::typical_event(time, i) : i % 3 == 1 ? packet_event(time, i) : line_event(time, i);
    out.received = time;
    out.agent = AgentId{ids.next(time)};
    out.host = "web-1.example.org";
    out.tenant = TenantId{ids.next(time)};
    out.tenant_name = "Example";
    out.title = "A sentence of the length that such sentences have: /etc/service/settings.conf";
    events.push_back(std::move(out));
  }
  return events;
}

std::string bare_json(const OutgoingEvent& out) {
  json::object fields;
  for (const auto& [key, value] : out.event.fields)
    fields[key] = std::visit([](const auto& plain) { return json::value(plain); }, value);
  return json::serialize(json::object{{"id", out.event.id.text()},
                                      {"time", to_micros(out.event.time)},
                                      {"received", to_micros(out.received)},
                                      {"tenant", out.tenant.text()},
                                      {"tenant_name", out.tenant_name},
                                      {"agent_id", out.agent->text()},
                                      {"host", out.host},
                                      {"type", out.event.type},
                                      {"rule", out.event.rule},
                                      {"title", out.title},
                                      {"fields", std::move(fields)}});
}

using Rendering = std::function<std::string(const OutgoingEvent&)>;

struct Figure {
  double events_per_second = 0;
  double bytes = 0;  // of an event
};

Figure measure(const std::vector<OutgoingEvent>& events, const Rendering& render) {
  constexpr int kRounds = 5;
  constexpr int kPasses = 20;
  Figure best;
  for (int round = 0; round < kRounds; ++round) {
    std::size_t bytes = 0;
    const double start = cpu_seconds();
    for (int pass = 0; pass < kPasses; ++pass)
      for (const OutgoingEvent& event : events) bytes += render(event).size();
    const auto rendered = static_cast<double>(events.size() * kPasses);
    best.events_per_second = std::max(best.events_per_second, rendered / (cpu_seconds() - start));
    best.bytes = static_cast<double>(bytes) / rendered;
  }
  return best;
}

}  // namespace

int main() {
  const std::vector<OutgoingEvent> events = sample_events(3'000);
  const Figure peer = measure(events, bare_json);
  for (const FormatDescription& format : formats::formats()) {
    const Figure figure = measure(events, [&](const OutgoingEvent& event) { return format.render(event, {}); });
    fmt::print("| {}, {:.0f} bytes an event: events/s of a core | {:.0f} | bare JSON {:.0f} | {:.2f} |\n", format.name,
               figure.bytes, figure.events_per_second, peer.events_per_second,
               figure.events_per_second / peer.events_per_second);
  }
  return 0;
}

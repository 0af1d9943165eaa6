// Not a benchmark by itself: bench_forwarding.py starts it. Sends COUNT events of a fresh spool to a syslog receiver
// over TLS, by the agent's forwarder, and ends when all are certain to have arrived.
//   forward_events FOLDER COUNT PORT CA_FILE            as CEF
//   forward_events FOLDER COUNT --append             events/s into a spool, without and with a receiver's queue
//   forward_events FOLDER COUNT --lines                 writes their CEF, a line for each, to standard output
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>

#include "agent/forwarder.h"
#include "base/file.h"
#include "figures.h"
#include "formats/format.h"
#include "host/clock.h"
#include "protocol/protocol.h"

namespace {

using namespace warder;

Event event_of(std::int64_t number, UuidGenerator& ids) {
  Event event;
  event.time = from_micros(1'800'000'000'000'000 + number);
  event.id = EventId{ids.next(event.time)};
  event.module = ModuleKind::Firewall;
  event.type = "firewall.packet.denied";
  event.severity = Severity::Medium;
  event.action = Action::Blocked;
  event.rule = "deny-inbound";
  event.set("source.ip", std::string{"192.0.2.17"});
  event.set("source.port", std::int64_t{40'000 + number % 20'000});
  event.set("destination.ip", std::string{"198.51.100.4"});
  event.set("destination.port", std::int64_t{22});
  return event;
}

struct RealClock final : host::Clock {
  [[nodiscard]] Timestamp now() const override {
    return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
  }
  [[nodiscard]] std::chrono::steady_clock::time_point steady_now() const override {
    return std::chrono::steady_clock::now();
  }
};

class Quiet final : public Log {
 public:
  void write(LogLevel /*level*/, std::string_view id, std::string_view message,
             std::initializer_list<LogField> /*fields*/) override {
    std::fprintf(stderr, "%.*s: %.*s\n", static_cast<int>(id.size()), id.data(), static_cast<int>(message.size()),
                 message.data());
  }
};

formats::OutgoingEvent outgoing(Event event) {
  formats::OutgoingEvent out;
  out.received = event.time;
  out.title = "Packet denied";
  out.event = std::move(event);
  out.host = "web-1";
  out.agent = AgentId{};
  return out;
}

void write_lines(std::int64_t count) {
  UuidGenerator ids{fill_random};
  for (std::int64_t i = 0; i < count; ++i)
    std::puts(formats::render(formats::Format::Cef, outgoing(event_of(i, ids)), {}).c_str());
}

agent::OutgoingOptions all_events() {
  agent::OutgoingOptions keeps;
  keeps.wants = [](const protocol::Event& /*event*/) { return true; };
  keeps.max_bytes = 1ULL << 40;
  return keeps;
}

/// In batches of a hundred, each synced.
void append(agent::Spool& spool, std::int64_t count) {
  UuidGenerator ids{fill_random};
  std::vector<protocol::Event> batch(100);
  for (std::int64_t i = 0; i < count;) {
    for (protocol::Event& wire : batch) protocol::to_wire(event_of(i++, ids), &wire);
    bench::must(spool.append(batch));
  }
}

void measure_appends(const std::filesystem::path& folder, std::int64_t count) {
  for (const bool is_kept : {false, true}) {
    const auto spool = bench::must(agent::Spool::open(folder / (is_kept ? "with.db" : "without.db"), {}));
    if (is_kept) bench::must(spool->keep_outgoing(all_events()));
    const double seconds = bench::seconds_of([&] { append(*spool, count); });
    std::printf("%.0f\n", static_cast<double>(count) / seconds);
  }
}

void send(const std::filesystem::path& folder, std::int64_t count, int port, const std::string& ca_file) {
  Quiet log;
  const RealClock clock;
  Messages messages;
  bench::must(messages.add("en", R"({"firewall.packet.denied": "Packet denied"})"));
  const auto spool = bench::must(agent::Spool::open(folder / "spool.db", {}));
  agent::Forwarder forwarder(
      {*spool, messages, clock, log, AgentId{}, TenantId{}, "web-1",
       [](const std::string& /*which*/) { return Result<sinks::Credentials>(sinks::Credentials{}); }});
  bench::must(spool->keep_outgoing(all_events()));
  append(*spool, count);
  sinks::ForwardingPolicy policy;
  policy.enabled = true;
  policy.host = "127.0.0.1";
  policy.port = port;
  policy.ca_pem = bench::must(read_file(ca_file, 1 << 20));
  policy.format = "cef";
  policy.settle_ms = 0;
  std::puts("ready");
  std::fflush(stdout);
  std::getchar();
  bench::must(forwarder.use(policy));
  while (spool->outgoing().events > 0) std::this_thread::sleep_for(std::chrono::milliseconds{2});
  std::puts("done");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 4 && std::string(argv[3]) == "--lines") {
    write_lines(std::atoll(argv[2]));
    return 0;
  }
  if (argc == 4 && std::string(argv[3]) == "--append") {
    measure_appends(argv[1], std::atoll(argv[2]));
    return 0;
  }
  if (argc != 5) return 2;
  send(argv[1], std::atoll(argv[2]), std::atoi(argv[3]), argv[4]);
  return 0;
}

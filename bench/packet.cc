// Decode, flows and streams over a capture or over traffic made here, against a plain pass over the same memory, in
// turns.
//   bench_packet [FILE.pcap]
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <memory>
#include <string>
#include <vector>

#include "base/file.h"
#include "packet/capture_file.h"
#include "packet/conversation.h"
#include "packet/decode.h"
#include "packet/testing.h"

namespace {

using namespace warder;
using namespace warder::packet;
using namespace warder::packet::testing;  // NOLINT(google-build-using-namespace): packets made by hand

constexpr int kRounds = 5;
constexpr std::size_t kMegabytes = 64;
constexpr std::size_t kSegment = 1448;

double cpu_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

struct Traffic {
  std::vector<Bytes> made;
  std::string file;
  std::vector<Frame> frames;
  std::size_t bytes = 0;
};

/// Many connections at a time, each with a short request and an answer of 40 segments that is acknowledged by the
/// second.
Traffic make_traffic() {
  Traffic traffic;
  const Bytes body(kSegment, 'x');
  const auto push = [&](bool is_client, std::uint16_t port, TcpSpec spec) {
    Ipv4Spec ip;
    spec.source_port = is_client ? port : 80;
    spec.destination_port = is_client ? 80 : port;
    if (!is_client) std::swap(ip.source, ip.destination);
    traffic.made.push_back(testing::ethernet(0x0800, ipv4(ip, testing::tcp(spec))));
    traffic.bytes += traffic.made.back().size();
  };
  using namespace tcp_flag;
  const Bytes request = from_text("GET /index.html HTTP/1.1\r\nHost: www.example.com\r\nUser-Agent: bench\r\n\r\n");
  const auto asked = static_cast<std::uint32_t>(1 + request.size());
  for (std::uint16_t port = 1024; traffic.bytes < kMegabytes << 20U; port = static_cast<std::uint16_t>(port + 64)) {
    if (port < 1024) port = static_cast<std::uint16_t>(1024 + port % 63);
    for (std::uint16_t i = 0; i < 16; ++i) {
      const auto p = static_cast<std::uint16_t>(port + i);
      push(true, p, {.sequence = 0, .flags = kSyn});
      push(false, p, {.sequence = 0, .acknowledgment = 1, .flags = kSyn | kAck});
      push(true, p, {.sequence = 1, .acknowledgment = 1});
      push(true, p, {.sequence = 1, .acknowledgment = 1, .flags = kAck | kPsh, .payload = request});
    }
    for (std::uint32_t part = 0; part < 40; ++part) {
      for (std::uint16_t i = 0; i < 16; ++i) {
        const auto p = static_cast<std::uint16_t>(port + i);
        const auto at = static_cast<std::uint32_t>(1 + part * kSegment);
        push(false, p, {.sequence = at, .acknowledgment = asked, .payload = body});
        if (part % 2 == 1)
          push(true, p, {.sequence = asked, .acknowledgment = static_cast<std::uint32_t>(at + kSegment)});
      }
    }
    for (std::uint16_t i = 0; i < 16; ++i)
      push(true, static_cast<std::uint16_t>(port + i), {.sequence = asked, .flags = kRst});
  }
  std::int64_t time = 0;
  for (const Bytes& bytes : traffic.made) {
    traffic.frames.push_back(frame_of(bytes, LinkType::Ethernet, ++time * 10));
    traffic.frames.back().number = traffic.frames.size();
  }
  return traffic;
}

Traffic read_traffic(const char* path) {
  Traffic traffic;
  auto text = read_file(path, std::size_t{2} << 30U);
  if (!text) {
    fmt::print(stderr, "{}\n", text.error().message);
    std::exit(2);
  }
  traffic.file = std::move(*text);
  auto reader = CaptureReader::open(as_bytes(traffic.file));
  while (reader) {
    const auto frame = reader->next();
    if (!frame || !*frame) break;
    traffic.frames.push_back(**frame);
    traffic.bytes += (*frame)->bytes.size();
  }
  return traffic;
}

std::uint64_t touch(ByteView bytes) {
  std::uint64_t sum = 0;
  for (std::size_t at = 0; at + 8 <= bytes.size(); at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data() + at, sizeof word);
    sum += word;
  }
  return sum;
}

std::uint64_t run_memory(const Traffic& traffic) {
  std::uint64_t sum = 0;
  for (const Frame& frame : traffic.frames) sum += touch(frame.bytes);
  return sum;
}

std::uint64_t run_decode(const Traffic& traffic) {
  Decoder decoder;
  std::uint64_t sum = 0;
  for (const Frame& frame : traffic.frames) {
    for (const Packet& packet : decoder.decode(frame)) sum += packet.payload.size();
  }
  return sum;
}

std::uint64_t run_all(const Traffic& traffic, bool is_inline) {
  Decoder decoder;
  ConversationOptions options;
  options.tcp.is_inline = is_inline;
  options.flows.max_flows = 65'536;
  const auto conversations = std::make_unique<Conversations>(options);
  std::uint64_t read = 0;
  for (const Frame& frame : traffic.frames) {
    for (Packet& packet : decoder.decode(frame)) {
      const auto seen = conversations->follow(packet);
      if (seen.flow == nullptr || !packet.is_tcp()) continue;
      for (const Direction direction : {Direction::ToServer, Direction::ToClient}) {
        ByteStream& stream = seen.flow->tcp.stream(direction);
        if (stream.is_open(StreamReader::Raw)) stream.close(StreamReader::Raw, conversations->pool());
        const StreamView view = stream.read(StreamReader::App);
        if (view.bytes.empty() && view.gap == 0) continue;
        read += view.bytes.size() + (touch(view.bytes) & 1U);
        stream.advance(StreamReader::App, view.offset + view.bytes.size(), conversations->pool());
      }
    }
  }
  return read;
}

}  // namespace

int main(int argc, char** argv) {
  const Traffic traffic = argc > 1 ? read_traffic(argv[1]) : make_traffic();
  struct Figure {
    const char* name;
    std::uint64_t (*run)(const Traffic&);
    double best = 1e9;
  };
  Figure figures[] = {
      {"plain pass over the frames", &run_memory},
      {"decode", &run_decode},
      {"decode, flows, streams read when acknowledged", [](const Traffic& t) { return run_all(t, false); }},
      {"decode, flows, streams read inline", [](const Traffic& t) { return run_all(t, true); }},
  };
  std::uint64_t sum = 0;
  for (int round = 0; round < kRounds; ++round) {
    for (Figure& figure : figures) {
      const double begin = cpu_seconds();
      sum += figure.run(traffic);
      figure.best = std::min(figure.best, cpu_seconds() - begin);
    }
  }
  const auto bits = static_cast<double>(traffic.bytes) * 8;
  // Suricata 7 and Snort 3 without any rule, on a machine of this kind: docs/performance.md.
  constexpr double kPeer = 1.84;
  for (const Figure& figure : figures) {
    const double gigabits = bits / figure.best * 1e-9;
    fmt::print(
        "| {}, Gbit/s of a thread's time ({} frames, {:.0f} MB) | {:.2f} | {} (a peer without rules) | {:.2f} |\n",
        figure.name, traffic.frames.size(), static_cast<double>(traffic.bytes) * 1e-6, gigabits, kPeer,
        gigabits / kPeer);
  }
  fmt::print("| share of a plain pass | {:.3f} | 1 | |\n", figures[0].best / figures[2].best);
  return sum == 0 ? 1 : 0;
}

// Packets of flows that are under way cost no memory that is asked for anew.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "engines/ips/engine.h"
#include "engines/ips/replay.h"
#include "packet/testing.h"

namespace {

std::atomic<std::uint64_t> asked{
    0};  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables): operator new has no object

void* counted(std::size_t size) {
  ++asked;
  void* const memory = std::malloc(size);  // NOLINT(cppcoreguidelines-no-malloc): what operator new does
  if (memory == nullptr) std::abort();
  return memory;
}

}  // namespace

void* operator new(std::size_t size) {
  return counted(size);
}
void* operator new[](std::size_t size) {
  return counted(size);
}
void operator delete(void* memory) noexcept {
  std::free(memory);  // NOLINT(cppcoreguidelines-no-malloc)
}
void operator delete[](void* memory) noexcept {
  std::free(memory);  // NOLINT(cppcoreguidelines-no-malloc)
}
void operator delete(void* memory, std::size_t /*size*/) noexcept {
  std::free(memory);  // NOLINT(cppcoreguidelines-no-malloc)
}
void operator delete[](void* memory, std::size_t /*size*/) noexcept {
  std::free(memory);  // NOLINT(cppcoreguidelines-no-malloc)
}

namespace warder::ips {
namespace {

namespace flag = packet::tcp_flag;

constexpr std::string_view kRules = R"(alert tcp any any -> any any (flow:established; content:"attack"; nocase; sid:1;)
alert tcp any any -> any any (flow:established; content:"measure"; pcre:"/measure [0-9]+ not/"; sid:2;)
alert tcp any any -> any any (flow:established; content:"value"; content:"none"; distance:1; within:9; sid:3;)
alert udp any any -> any any (content:"reading"; byte_test:2,>,60000,0,relative; sid:4;)
alert tcp any any -> any any (dsize:>9000; sid:5;)
alert http any any -> any any (http.uri; content:"/attack"; sid:6;)
alert dns any any -> any any (dns.query; content:"example"; sid:7;)
alert tcp any any -> any any (flags:SF; sid:8;)
)";

std::shared_ptr<const RuleSet> compile() {
  auto loaded = load_rule_files({{"test.rules", std::string(kRules)}}, Variables::defaults(),
                                [](const std::string&) { return fail(ErrorCode::NotFound, "no files here"); });
  EXPECT_TRUE(loaded.skipped.empty()) << loaded.skipped.at(0).reason;
  return RuleSet::compile(std::move(loaded)).value();
}

Bytes between(bool is_client, std::uint8_t protocol, const Bytes& payload) {
  packet::testing::Ipv4Spec ip;
  ip.protocol = protocol;
  if (!is_client) std::swap(ip.source, ip.destination);
  return packet::testing::with_checksum(packet::testing::ipv4(ip, payload));
}

/// Both sides talk in turns, in a protocol of their own.
class Talk {
 public:
  Talk() {
    add(true, flag::kSyn, {});
    add(false, flag::kSyn | flag::kAck, {});
    add(true, flag::kAck, {});
  }
  void say(bool is_client, std::size_t size) {
    std::string text = "measure 12345 value some: ";
    text.resize(size, is_client ? 'c' : 's');
    add(is_client, flag::kAck | flag::kPsh, packet::testing::from_text(text));
    add(!is_client, flag::kAck, {});
  }
  std::vector<Bytes> packets;

 private:
  void add(bool is_client, std::uint8_t flags, const Bytes& payload) {
    auto& mine = next_[is_client ? 0 : 1];
    packet::testing::TcpSpec spec;
    spec.source_port = is_client ? 40'000 : 7'777;
    spec.destination_port = is_client ? 7'777 : 40'000;
    spec.sequence = mine;
    spec.acknowledgment = (flags & flag::kAck) != 0 ? next_[is_client ? 1 : 0] : 0;
    spec.flags = flags;
    spec.payload = payload;
    mine += static_cast<std::uint32_t>(payload.size()) + ((flags & flag::kSyn) != 0 ? 1U : 0U);
    packets.push_back(between(is_client, 6, packet::testing::tcp(spec)));
  }
  std::uint32_t next_[2] = {1000, 9000};
};

/// How often memory was asked for after the first `warm_up` packets.
std::uint64_t asked_after(const std::vector<Bytes>& packets, std::size_t warm_up, bool is_inline) {
  EngineSettings settings;
  settings.is_inline = is_inline;
  settings.stream_depth = 0;
  Engine engine(compile(), settings);
  const auto start = asked.load();
  std::uint64_t before = 0;
  for (std::size_t i = 0; i < packets.size(); ++i) {
    if (i == warm_up) before = asked;
    auto frame = packet::testing::frame_of(packets[i], packet::LinkType::Raw, static_cast<std::int64_t>(i));
    frame.number = i + 1;
    engine.inspect(frame);
  }
  const auto after = asked.load();
  EXPECT_GT(before, start) << "the beginning of a flow asks for memory: the counter counts";
  EXPECT_EQ(engine.counters().flows, 1U);
  return after - before;
}

TEST(Allocation, NoneForTheDataOfAnEstablishedConnection) {
  Talk talk;
  for (std::size_t i = 0; i < 3000; ++i) talk.say(i % 3 != 0, 40 + i * 37 % 1400);
  for (const bool is_inline : {false, true}) {
    SCOPED_TRACE(is_inline ? "inline" : "detecting");
    EXPECT_EQ(asked_after(talk.packets, 1500, is_inline), 0U);
  }
}

TEST(Allocation, NoneForDatagramsOfAFlow) {
  std::vector<Bytes> packets;
  for (std::size_t i = 0; i < 3000; ++i) {
    std::string text = "reading 1";
    text.resize(20 + i * 37 % 1400, 'u');
    const bool is_client = i % 2 == 0;
    packets.push_back(between(is_client, 17,
                              packet::testing::udp(is_client ? 40'000 : 7'777, is_client ? 7'777 : 40'000,
                                                   packet::testing::from_text(text))));
  }
  for (const bool is_inline : {false, true}) {
    SCOPED_TRACE(is_inline ? "inline" : "detecting");
    EXPECT_EQ(asked_after(packets, 500, is_inline), 0U);
  }
}

}  // namespace
}  // namespace warder::ips

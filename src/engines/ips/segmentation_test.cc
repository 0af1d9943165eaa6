// However a conversation is cut into segments and whatever their order, the same rules alert.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <random>
#include <string>

#include "engines/ips/engine.h"
#include "engines/ips/image.h"
#include "engines/ips/replay.h"
#include "packet/testing.h"

namespace warder::ips {
namespace {

using packet::testing::from_text;
namespace flag = packet::tcp_flag;

Result<std::string> no_file(const std::string& path) {
  return fail(ErrorCode::NotFound, path + ": no files here");
}

std::shared_ptr<const RuleSet> compile(const std::string& text) {
  auto loaded = load_rule_files({{"test.rules", text}}, Variables::defaults(), no_file);
  EXPECT_TRUE(loaded.skipped.empty()) << loaded.skipped.at(0).reason;
  return RuleSet::compile(std::move(loaded)).value();
}

struct Piece {
  bool is_client;
  std::string bytes;
};
struct Segment {
  bool is_client;
  std::uint32_t offset;
  std::string bytes;
};

using Cutter = std::mt19937;

/// Each piece in segments of 1 to `most` bytes; neighbours of one piece may change places.
std::vector<Segment> cut(const std::vector<Piece>& talk, std::size_t most, bool is_shuffled, Cutter& random) {
  std::vector<Segment> segments;
  std::uint32_t at[2] = {0, 0};
  for (const auto& piece : talk) {
    const auto first = segments.size();
    for (std::size_t done = 0; done < piece.bytes.size();) {
      const auto size =
          std::min(piece.bytes.size() - done, std::uniform_int_distribution<std::size_t>(1, most)(random));
      segments.push_back({piece.is_client, at[piece.is_client ? 0 : 1], piece.bytes.substr(done, size)});
      at[piece.is_client ? 0 : 1] += static_cast<std::uint32_t>(size);
      done += size;
    }
    for (auto i = first; is_shuffled && i + 1 < segments.size(); i += 2) {
      if (random() % 2 == 0) std::swap(segments[i], segments[i + 1]);
    }
  }
  return segments;
}

class Replayed {
 public:
  Replayed(std::shared_ptr<const RuleSet> rules, bool is_inline) : engine_(std::move(rules), settings(is_inline)) {}

  std::vector<std::uint32_t> run(const std::vector<Segment>& segments) {
    send(true, flag::kSyn, 0, {});
    send(false, flag::kSyn | flag::kAck, 0, {});
    send(true, flag::kAck, 1, {});
    for (const auto& segment : segments) {
      send(segment.is_client, flag::kAck | flag::kPsh, 1 + segment.offset, segment.bytes);
      // What comes early is acknowledged when the hole before it is filled.
      auto& seen = end_[segment.is_client ? 0 : 1];
      auto& early = early_[segment.is_client ? 0 : 1];
      early[1 + segment.offset] = static_cast<std::uint32_t>(segment.bytes.size());
      for (auto next = early.find(seen); next != early.end(); next = early.find(seen)) seen += next->second;
      send(!segment.is_client, flag::kAck, end_[segment.is_client ? 1 : 0], {});
    }
    send(true, flag::kFin | flag::kAck, end_[0], {});
    send(false, flag::kFin | flag::kAck, end_[1], {});
    for (const auto& alert : engine_.finish()) sids_.push_back(alert.rule->sid);
    // How often a rule alerts may depend on it: one that asks for a place in the packet looks at packets and stream.
    std::ranges::sort(sids_);
    sids_.erase(std::unique(sids_.begin(), sids_.end()), sids_.end());
    return sids_;
  }

 private:
  static EngineSettings settings(bool is_inline) {
    EngineSettings made;
    made.is_inline = is_inline;
    return made;
  }
  void send(bool is_client, std::uint8_t flags, std::uint32_t sequence, const std::string& payload) {
    packet::testing::TcpSpec spec;
    spec.source_port = is_client ? 40'000 : 80;
    spec.destination_port = is_client ? 80 : 40'000;
    spec.sequence = sequence;
    spec.acknowledgment = (flags & flag::kAck) != 0 ? end_[is_client ? 1 : 0] : 0;
    spec.flags = flags;
    spec.payload = from_text(payload);
    packet::testing::Ipv4Spec ip;
    if (!is_client) std::swap(ip.source, ip.destination);
    const auto bytes = packet::testing::with_checksum(packet::testing::ipv4(ip, packet::testing::tcp(spec)));
    auto frame = packet::testing::frame_of(bytes);
    frame.number = ++number_;
    for (const auto& alert : engine_.inspect(frame).alerts) sids_.push_back(alert.rule->sid);
  }

  Engine engine_;
  std::vector<std::uint32_t> sids_;
  std::uint32_t end_[2] = {1, 1};
  std::map<std::uint32_t, std::uint32_t> early_[2];
  std::uint64_t number_ = 0;
};

/// The third body lays a pattern across the border of raw pieces, wherever that falls.
std::vector<Piece> make_talk() {
  std::string body(2'500, 'a');
  for (int i = 0; i < 40; ++i) body += "filler-" + std::to_string(i) + (i == 7 ? "--needle-in-the-body--" : "--");
  return {
      {true, "POST /one%20two/../form?x=1 HTTP/1.1\r\nHost: www.example.com\r\nContent-Length: " +
                 std::to_string(body.size()) + "\r\n\r\n" + body},
      {false, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nhello \r\n5\r\nworld\r\n0\r\n\r\n"},
      {true, "GET /second HTTP/1.1\r\nHost: second.example\r\nCookie: id=evil\r\n\r\n"},
      {false, "HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\ngone"},
  };
}

const std::string kRules = R"(
alert http any any -> any any (http.uri; content:"/form?x=1"; endswith; sid:1;)
alert http any any -> any any (http.request_body; content:"needle-in-the-body"; sid:2;)
alert http any any -> any any (file.data; content:"hello world"; sid:3;)
alert http any any -> any any (http.cookie; content:"evil"; sid:4;)
alert http any any -> any any (http.stat_code; content:"404"; sid:5;)
alert tcp any any -> any 80 (flow:to_server; content:"needle-in-the-body"; sid:6;)
alert tcp any any -> any 80 (flow:to_server; content:"filler-6"; content:"needle-in-the"; distance:0; within:40; sid:7;)
alert tcp any any -> any 80 (flow:to_server; content:"POST"; startswith; sid:8;)
alert tcp any any -> any 80 (flow:to_server; content:"absent"; sid:9;)
)";

TEST(Segmentation, ChangesNoAlert) {
  const auto rules = compile(kRules);
  const auto talk = make_talk();
  Cutter random(20'260'101);
  for (const bool is_inline : {false, true}) {
    const auto whole = Replayed(rules, is_inline).run(cut(talk, 100'000, false, random));
    const std::vector<std::uint32_t> wanted{1, 2, 3, 4, 5, 6, 7, 8};
    EXPECT_EQ(whole, wanted) << (is_inline ? "inline" : "detecting");
    for (int round = 0; round < 30; ++round) {
      const std::size_t most = std::array<std::size_t, 5>{3, 40, 300, 1460, 2'600}[static_cast<std::size_t>(round) % 5];
      const auto pieces = Replayed(rules, is_inline).run(cut(talk, most, round % 2 == 1, random));
      EXPECT_EQ(pieces, whole) << (is_inline ? "inline, " : "detecting, ") << "segments up to " << most;
    }
  }
}

TEST(Image, AlertsLikeTheRulesItWasMadeOf) {
  const auto image = make_image({{"test.rules", kRules}}, {}, no_file);
  ASSERT_TRUE(image.has_value());
  const auto opened = open_image(image->bytes);
  ASSERT_TRUE(opened.has_value()) << opened.error().message;
  Cutter random(1);
  const auto segments = cut(make_talk(), 500, false, random);
  EXPECT_EQ(Replayed(*opened, false).run(segments), Replayed(compile(kRules), false).run(segments));
}

TEST(Image, RefusesDamageAndOtherReleases) {
  const auto image = make_image({{"test.rules", kRules}}, {{"HOME_NET", "any"}}, no_file);
  ASSERT_TRUE(image.has_value());
  for (const std::size_t at : {std::size_t{30}, image->bytes.size() / 2, image->bytes.size() - 1}) {
    auto damaged = image->bytes;
    damaged[at] ^= 1U;
    const auto opened = open_image(damaged);
    ASSERT_FALSE(opened.has_value()) << at;
    EXPECT_EQ(opened.error().code, ErrorCode::Corrupt);
  }
  EXPECT_FALSE(open_image(ByteView(image->bytes).first(image->bytes.size() / 3)).has_value());
  auto older = image->bytes;
  older[11] ^= 1U;
  const auto opened = open_image(older);
  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().code, ErrorCode::Stale);
}

}  // namespace
}  // namespace warder::ips

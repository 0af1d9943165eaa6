#include "engines/ips/engine.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "engines/ips/replay.h"
#include "packet/testing.h"

namespace warder::ips {
namespace {

using packet::testing::from_text;
namespace flag = packet::tcp_flag;

std::shared_ptr<const RuleSet> compile(std::string_view text) {
  auto loaded = load_rule_files({{"test.rules", std::string(text)}}, Variables::defaults(),
                                [](const std::string&) { return fail(ErrorCode::NotFound, "no files here"); });
  EXPECT_TRUE(loaded.skipped.empty()) << loaded.skipped.at(0).reason;
  return RuleSet::compile(std::move(loaded)).value();
}

/// A TCP conversation made packet by packet, and the rules that alerted on it.
class Talk {
 public:
  explicit Talk(std::string_view rules, bool is_inline = false) : Talk(rules, settings(is_inline)) {}
  Talk(std::string_view rules, const EngineSettings& settings) : engine_(compile(rules), settings) {
    segment(true, flag::kSyn, {});
    segment(false, flag::kSyn | flag::kAck, {});
    segment(true, flag::kAck, {});
  }

  void replace_rules(std::string_view rules) { engine_.replace_rules(compile(rules)); }
  [[nodiscard]] Engine& engine() { return engine_; }
  [[nodiscard]] bool is_final() const { return is_final_; }

  Verdict client(std::string_view text) { return segment(true, flag::kAck | flag::kPsh, from_text(text)); }
  Verdict server(std::string_view text) { return segment(false, flag::kAck | flag::kPsh, from_text(text)); }
  std::vector<std::uint32_t> finish() {
    for (const auto& alert : engine_.finish()) sids_.push_back(alert.rule->sid);
    return sids_;
  }

 private:
  static EngineSettings settings(bool is_inline) {
    EngineSettings made;
    made.is_inline = is_inline;
    return made;
  }

  Verdict segment(bool is_client, std::uint8_t flags, const Bytes& payload) {
    auto& mine = is_client ? client_ : server_;
    const auto& other = is_client ? server_ : client_;
    packet::testing::TcpSpec spec;
    spec.source_port = is_client ? 40'000 : 80;
    spec.destination_port = is_client ? 80 : 40'000;
    spec.sequence = mine;
    spec.acknowledgment = (flags & flag::kAck) != 0 ? other : 0;
    spec.flags = flags;
    spec.payload = payload;
    mine += static_cast<std::uint32_t>(payload.size()) + ((flags & flag::kSyn) != 0 ? 1U : 0U);
    packet::testing::Ipv4Spec ip;
    if (!is_client) std::swap(ip.source, ip.destination);
    const auto bytes = packet::testing::with_checksum(packet::testing::ipv4(ip, packet::testing::tcp(spec)));
    auto frame = packet::testing::frame_of(bytes);
    frame.number = ++number_;
    const auto outcome = engine_.inspect(frame);
    for (const auto& alert : outcome.alerts) sids_.push_back(alert.rule->sid);
    is_final_ = outcome.is_final;
    return outcome.verdict;
  }

  Engine engine_;
  std::vector<std::uint32_t> sids_;
  std::uint32_t client_ = 1000;
  std::uint32_t server_ = 9000;
  std::uint64_t number_ = 0;
  bool is_final_ = false;
};

using Sids = std::vector<std::uint32_t>;

TEST(Engine, SearchesForRulesOfAPortInItsPackets) {
  Talk talk(R"(alert tcp any any -> any 80 (content:"attack"; sid:1;)
alert tcp any any -> any 81 (content:"attack"; sid:2;)
alert tcp any 80 -> any any (content:"answer"; sid:3;)
alert tcp any [80,81] <> any any (content:"answer"; sid:4;)
alert tcp any any -> any [1:40,80:90] (content:"att"; sid:5;)
)");
  talk.client("an attack");
  talk.server("an answer");
  EXPECT_EQ(talk.finish(), (Sids{1, 5, 3, 4}));
}

TEST(Engine, FindsShortPatternsAmongMany) {
  std::string rules = "alert tcp any any -> any any (content:\"xy\"; sid:1;)\n";
  for (int i = 2; i < 200; ++i) {
    const auto number = std::to_string(i);
    rules += "alert tcp any any -> any any (content:\"pattern-" + number + ".\"; sid:" + number + ";)\n";
  }
  Talk talk(rules);
  talk.client("pattern-77. and xy");
  EXPECT_EQ(talk.finish(), (Sids{1, 77}));
}

TEST(Engine, LooksAtNothingBeyondTheDepth) {
  constexpr std::string_view kRule = R"(alert tcp any any -> any 80 (content:"attack"; offset:0; sid:1;))";
  Talk near(kRule, true);
  near.client("attack");
  EXPECT_EQ(near.finish(), (Sids{1}));
  Talk far(kRule, true);
  for (int i = 0; i < 33; ++i) {
    far.client(std::string(32UL * 1024, 'x'));
    far.server("");
  }
  far.client("attack");
  EXPECT_EQ(far.finish(), Sids{});
}

TEST(Engine, FindsContentInTheStream) {
  Talk talk(R"(alert tcp any any -> any 80 (content:"attack"; sid:1;)
alert tcp any any -> any 81 (content:"attack"; sid:2;))");
  talk.client("this is an att");
  talk.client("ack in two segments");
  talk.server("ok");
  EXPECT_EQ(talk.finish(), Sids{1});
}

TEST(Engine, FindsBuffersOfHttp) {
  Talk talk(R"(alert http any any -> any any (http.uri; content:"/a b"; startswith; http.method; content:"GET"; sid:1;)
alert http any any -> any any (http.header; content:"Host: www"; sid:2;)
alert http any any -> any any (http.stat_code; content:"200"; file.data; content:"hello"; sid:3;)
alert http any any -> any any (http.uri; content:"nothing"; sid:4;))");
  talk.client("GET /a%20b HTTP/1.1\r\nHost: www.example.com\r\n\r\n");
  talk.server("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n");
  talk.client("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  auto sids = talk.finish();
  std::ranges::sort(sids);
  EXPECT_EQ(sids, (Sids{1, 2, 3}));
}

TEST(Engine, DropsInline) {
  Talk talk(R"(drop tcp any any -> any any (content:"attack"; sid:1;))", true);
  EXPECT_EQ(talk.client("attack"), Verdict::Drop);
  EXPECT_EQ(talk.client("more of the same flow"), Verdict::Drop);
  EXPECT_EQ(talk.finish(), Sids{1});
}

TEST(Engine, JudgesInlineWhatComesByteByByte) {
  Talk talk(R"(drop tcp any any -> any any (flow:to_server; content:"attack"; content:"now"; distance:0; sid:1;)
alert tcp any any -> any any (flow:to_server; content:"attack"; pcre:"/attack .{3,9} later/"; sid:2;)
alert tcp any any -> any any (flow:to_server; content:"attack"; content:"x"; depth:1; sid:3;))",
            true);
  Verdict last = Verdict::Accept;
  for (const char letter : std::string_view("x attack harmless later")) last = talk.client(std::string(1, letter));
  EXPECT_EQ(last, Verdict::Accept);
  for (const char letter : std::string_view(", now")) last = talk.client(std::string(1, letter));
  EXPECT_EQ(last, Verdict::Drop);
  auto sids = talk.finish();
  std::ranges::sort(sids);
  sids.erase(std::unique(sids.begin(), sids.end()), sids.end());
  EXPECT_EQ(sids, (Sids{1, 2, 3}));
}

TEST(Engine, RepeatsAMatchOfTheStreamInlineUnlessItIsCounted) {
  Talk talk(R"(alert tcp any any -> any any (flow:to_server; content:"one"; sid:1;)
alert tcp any any -> any any (flow:to_server; content:"one"; threshold:type threshold, track by_flow, count 2, seconds 9; sid:2;)
alert tcp any any -> any any (flow:to_server; content:"one"; flowint:n,+,1; sid:3;))",
            true);
  talk.client("one");
  talk.client("two");
  auto sids = talk.finish();
  std::ranges::sort(sids);
  EXPECT_EQ(sids, (Sids{1, 1, 3}));
}

TEST(Engine, ThePacketThatEndsTheHandshakeIsNotEstablished) {
  const auto sids_of = [](std::string_view said) {
    Talk talk(R"(alert ip any any -> any any (flow:established,to_server; sid:1;))", true);
    if (!said.empty()) talk.client(std::string(said));
    return talk.finish();
  };
  EXPECT_EQ(sids_of(""), Sids{});
  EXPECT_EQ(sids_of("hello").size(), 1U);
}

TEST(Engine, JudgesRequestsWhenAnswersAreBeyondTheDepth) {
  for (const bool is_inline : {false, true}) {
    SCOPED_TRACE(is_inline);
    EngineSettings settings;
    settings.is_inline = is_inline;
    settings.stream_depth = 64UL * 1024;
    Talk talk("alert http any any -> any any (http.uri; content:\"/attack\"; sid:1;)", settings);
    const auto answer = "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + std::string(1000, 'x');
    for (int i = 0; i < 1000; ++i) {
      talk.client("GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: a\r\n\r\n");
      talk.server(answer);
    }
    talk.client("GET /attack HTTP/1.1\r\nHost: a\r\n\r\n");
    talk.server(answer);
    EXPECT_EQ(talk.finish(), Sids{1});
  }
}

TEST(Engine, SaysWhenAFlowNeedsNoMoreInspection) {
  Talk dropped(R"(drop tcp any any -> any any (content:"attack"; sid:1;))", true);
  dropped.client("harmless");
  EXPECT_FALSE(dropped.is_final());
  dropped.client("attack");
  EXPECT_TRUE(dropped.is_final());
  Talk passed(R"(pass tcp any any -> any any (content:"trusted"; sid:1;))", true);
  EXPECT_EQ(passed.client("trusted"), Verdict::Accept);
  EXPECT_TRUE(passed.is_final());
}

TEST(Engine, ChangesRulesInTheMiddleOfARequest) {
  Talk talk(R"(alert http any any -> any any (http.uri; content:"/old"; sid:1;))", true);
  talk.client("POST /old HTTP/1.1\r\nHost: www.exam");
  talk.replace_rules(R"(drop http any any -> any any (http.request_body; content:"evil"; sid:2;)
alert http any any -> any any (http.uri; content:"/old"; sid:3;))");
  EXPECT_EQ(talk.client("ple.com\r\nContent-Length: 4\r\n\r\n"), Verdict::Accept);
  EXPECT_EQ(talk.client("evil"), Verdict::Drop);
  auto sids = talk.finish();
  std::ranges::sort(sids);
  EXPECT_EQ(sids, (Sids{1, 2, 3}));  // what was judged already is judged anew
}

TEST(Engine, CountsByRuleAndSuspendsOne) {
  Talk talk(R"(alert tcp any any -> any any (flow:to_server; content:"one"; sid:1;)
alert tcp any any -> any any (flow:to_server; content:"one"; content:"two"; sid:2;))",
            true);
  talk.client("one");
  const auto& rules = talk.engine().rules().rules();
  for (std::size_t i = 0; i < rules.size(); ++i) {
    EXPECT_EQ(talk.engine().rule_counters()[i].matched, rules[i].sid == 1 ? 1U : 0U);
    if (rules[i].sid == 1) talk.engine().suspend(static_cast<RuleIndex>(i));
  }
  talk.client("one more");
  EXPECT_EQ(talk.finish(), Sids{1});
}

TEST(Engine, OnlyAlertsWhenNotInline) {
  Talk talk(R"(drop tcp any any -> any any (content:"attack"; sid:1;))");
  EXPECT_EQ(talk.client("attack"), Verdict::Accept);
  talk.server("ok");
  EXPECT_EQ(talk.finish(), Sids{1});
}

TEST(Engine, KeepsBitsOfAFlow) {
  Talk talk(R"(alert tcp any any -> any any (flow:to_server; content:"one"; flowbits:set,seen; flowbits:noalert; sid:1;)
alert tcp any any -> any any (flow:to_client; content:"two"; flowbits:isset,seen; sid:2;)
alert tcp any any -> any any (flow:to_client; content:"two"; flowbits:isnotset,seen; sid:3;))");
  talk.client("one");
  talk.server("two");
  talk.client("end");
  EXPECT_EQ(talk.finish(), Sids{2});
}

}  // namespace
}  // namespace warder::ips

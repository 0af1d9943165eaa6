#include <gtest/gtest.h>

#include <deque>

#include "engines/loginspection/engine.h"

namespace warder::loginspection {
namespace {

Definition with_sigma(const std::string& yaml) {
  Definition definition;
  definition.decoders = {{"decoders.xml", R"(
    <decoder name="json"><prematch>^{\s*"</prematch><plugin_decoder>JSON_Decoder</plugin_decoder></decoder>
    <decoder name="sshd"><program_name>^sshd</program_name></decoder>
    <decoder name="sshd-failed"><parent>sshd</parent><regex>^Failed \S+ for (\S+) from (\S+)</regex>
      <order>user, srcip</order></decoder>)"}};
  definition.sigma = {{"rules.yml", yaml}};
  return definition;
}

std::string rule(const std::string& detection, const std::string& source = "{product: linux}") {
  return "title: T\nid: 11111111-2222-4333-8444-555555555555\nauthor: Ann\nlevel: high\ntags: [attack.t1110.001]\n"
         "logsource: " +
         source + "\ndetection:\n" + detection;
}

class Sigma {
 public:
  explicit Sigma(const std::string& yaml) : engine_(must_compile(yaml)) {}
  std::size_t operator()(const std::string& line, std::int64_t second = 0) {
    lines_.push_back(line);
    return engine_.inspect({lines_.back(), "test", "here", Timestamp{std::chrono::seconds(1'000'000 + second)}, 0})
        .sigma.size();
  }
  const SigmaRule& first(const std::string& line) {
    lines_.push_back(line);
    return *engine_.inspect({lines_.back(), "test", "here", {}, 0}).sigma.front().rule;
  }

 private:
  static std::shared_ptr<const Compiled> must_compile(const std::string& yaml) {
    auto compiled = compile(with_sigma(yaml));
    EXPECT_TRUE(compiled.has_value()) << (compiled ? "" : compiled.error().message);
    return std::move(*compiled);
  }
  Engine engine_;
  std::deque<std::string> lines_;
};

TEST(Sigma, ModifiersAndWildcards) {
  const struct {
    const char* detection;
    const char* line;
    bool matches;
  } cases[] = {
      {"  a: {cmd: 'curl *'}\n  condition: a", R"({"cmd":"CURL x"})", true},
      {"  a: {cmd: 'curl'}\n  condition: a", R"({"cmd":"curl x"})", false},
      {"  a: {cmd|contains: 'evil'}\n  condition: a", R"({"cmd":"an EVIL one"})", true},
      {"  a: {cmd|contains|all: [one, two]}\n  condition: a", R"({"cmd":"two and one"})", true},
      {"  a: {cmd|contains|all: [one, two]}\n  condition: a", R"({"cmd":"one"})", false},
      {"  a: {cmd|startswith: '/tmp/'}\n  condition: a", R"({"cmd":"/tmp/x"})", true},
      {"  a: {cmd|endswith: '.sh'}\n  condition: a", R"({"cmd":"/tmp/x.sh"})", true},
      {"  a: {cmd|endswith: '.sh'}\n  condition: a", R"({"cmd":"x.sh y"})", false},
      {"  a: {cmd|re: '^[a-c]+$'}\n  condition: a", R"({"cmd":"abc"})", true},
      {"  a: {cmd|re: '^[a-c]+$'}\n  condition: a", R"({"cmd":"ABC"})", false},
      {"  a: {cmd|re|i: '^[a-c]+$'}\n  condition: a", R"({"cmd":"ABC"})", true},
      {"  a: {cmd|cased: 'Abc'}\n  condition: a", R"({"cmd":"abc"})", false},
      {"  a: {ip|cidr: '192.0.2.0/24'}\n  condition: a", R"({"ip":"192.0.2.7"})", true},
      {"  a: {n|gte: 10}\n  condition: a", R"({"n":10})", true},
      {"  a: {n|lt: 10}\n  condition: a", R"({"n":10})", false},
      {"  a: {n: null}\n  condition: a", R"({"m":10})", true},
      {"  a: {n|exists: true}\n  condition: a", R"({"n":"x"})", true},
      {"  a: {n|exists: false}\n  condition: a", R"({"n":"x"})", false},
      {"  a: {a|fieldref: b}\n  condition: a", R"({"a":"x","b":"x"})", true},
      {"  a: {cmd|base64offset|contains: 'secret'}\n  condition: a", R"({"cmd":"x c2VjcmV0 y"})", true},
      {"  a: {cmd|windash|contains: ' -x'}\n  condition: a", R"({"cmd":"a /x"})", true},
      {"  a: {cmd: 'a\\*b'}\n  condition: a", R"({"cmd":"a*b"})", true},
      {"  a: {cmd: 'a\\*b'}\n  condition: a", R"({"cmd":"axb"})", false},
      {"  words: [needle, other]\n  condition: words", "Nov 25 10:00:01 h app: a Needle", true},
      {"  a: {x: '1'}\n  b: {y: '1'}\n  condition: a and not b", R"({"x":"1","y":"2"})", true},
      {"  a: {x: '1'}\n  b: {y: '1'}\n  condition: a and not b", R"({"x":"1","y":"1"})", false},
      {"  s_a: {x: '1'}\n  s_b: {y: '1'}\n  condition: 1 of s_*", R"({"y":"1"})", true},
      {"  s_a: {x: '1'}\n  s_b: {y: '1'}\n  condition: all of them", R"({"y":"1"})", false},
      {"  a: [{x: '1'}, {y: '1'}]\n  condition: (a)", R"({"y":"1"})", true},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(std::string(c.detection) + "\n" + c.line);
    Sigma sigma(rule(c.detection));
    EXPECT_EQ(sigma(c.line) == 1, c.matches);
  }
}

TEST(Sigma, SaysWhoWroteItAndKeepsToItsSource) {
  Sigma sigma(rule("  a: [Failed]\n  condition: a", "{product: linux, service: sshd}"));
  const std::string line = "Nov 25 10:00:01 h sshd[3]: Failed password for bob from 192.0.2.1 port 1";
  EXPECT_EQ(sigma.first(line).author, "Ann");
  EXPECT_EQ(sigma.first(line).level, 10U);
  EXPECT_EQ(sigma.first(line).mitre, std::vector<std::string>{"T1110.001"});
  EXPECT_EQ(sigma("Nov 25 10:00:01 h app[3]: Failed"), 0U);
}

TEST(Sigma, ReadsAuditRecords) {
  Sigma sigma(rule("  a: {type: EXECVE, a0|endswith: truncate}\n  condition: a", "{product: linux, service: auditd}"));
  EXPECT_EQ(sigma("type=EXECVE msg=audit(1.1:2): argc=2 a0=\"/usr/bin/truncate\" a1=\"-s\""), 1U);
  EXPECT_EQ(sigma("type=EXECVE msg=audit(1.1:2): argc=2 a0=\"/usr/bin/ls\" a1=\"truncate\""), 0U);
}

TEST(Sigma, CorrelationsCountWithinTheirTime) {
  Sigma sigma(rule("  a: [Failed]\n  condition: a", "{product: linux, service: sshd}") +
              "\nname: failed\n---\ntitle: Many\nid: x\ncorrelation:\n  type: event_count\n  rules: [failed]\n"
              "  group-by: [src_ip]\n  timespan: 60s\n  condition: {gte: 3}\n");
  const std::string line = "Nov 25 10:00:01 h sshd[3]: Failed password for bob from 192.0.2.1 port 1";
  EXPECT_EQ(sigma(line, 0), 0U);
  EXPECT_EQ(sigma(line, 100), 0U);
  EXPECT_EQ(sigma(line, 101), 0U);
  EXPECT_EQ(sigma("Nov 25 10:00:01 h sshd[3]: Failed password for bob from 192.0.2.2 port 1", 102), 0U);
  EXPECT_EQ(sigma(line, 103), 1U);
}

TEST(Sigma, NamesWhatItDoesNotSupport) {
  const std::pair<std::string, const char*> cases[] = {
      {rule("  a: {x|expand: '%y%'}\n  condition: a"), "the modifier 'expand' is not supported"},
      {rule("  a: {x: y}\n  condition: a | count() > 5"), "aggregations ('|') are not supported"},
      {rule("  a: {x: y}\n  condition: b"), "there is no 'b'"},
      {rule("  a: {x: y}\n  condition: a", "{product: windows}"), "the product 'windows'"},
      {"a: [", "rules.yml:"},
      {"title: x\n---\n, {a: 1}]\nb: c}}\n", "something stands behind a document's end"},
  };
  for (const auto& [yaml, message] : cases) {
    SCOPED_TRACE(yaml);
    const auto compiled = compile(with_sigma(yaml));
    ASSERT_FALSE(compiled.has_value());
    EXPECT_NE(compiled.error().message.find(message), std::string::npos) << compiled.error().message;
  }
}

}  // namespace
}  // namespace warder::loginspection

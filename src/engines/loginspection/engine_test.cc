#include "engines/loginspection/engine.h"

#include <gtest/gtest.h>

#include <deque>

namespace warder::loginspection {
namespace {

using std::chrono::seconds;

constexpr const char* kDecoders = R"(
<decoder name="shop"><program_name>^shop</program_name></decoder>
<decoder name="shop-login">
  <parent>shop</parent>
  <prematch>^login </prematch>
  <regex offset="after_prematch">^(\w+) for (\S+) from (\S+)</regex>
  <order>status, user, srcip</order>
  <fts>name, user</fts>
</decoder>
<decoder name="shop-chain"><parent>shop</parent><regex>cart=(\d+)</regex><order>id</order></decoder>
<decoder name="shop-chain"><parent>shop</parent><regex>item=(\S+)</regex><order>extra_data</order></decoder>
<decoder name="json"><prematch>^{\s*"</prematch><plugin_decoder>JSON_Decoder</plugin_decoder></decoder>
)";

constexpr const char* kRoot = R"(
<group name="syslog,">
  <rule id="1" level="0" noalert="1"><category>syslog</category><description>All.</description></rule>
</group>)";

Definition definition(Dialect dialect, const std::string& rules) {
  Definition made;
  made.dialect = dialect;
  made.decoders = {{"decoders.xml", kDecoders}};
  made.rules = {{"root.xml", kRoot}, {"rules.xml", "<group name=\"shop,\">" + rules + "</group>"}};
  return made;
}

class Inspector {
 public:
  Inspector(Dialect dialect, const std::string& rules, EngineOptions options = {})
      : engine_(must_compile(definition(dialect, rules)), options) {}
  explicit Inspector(const Definition& of) : engine_(must_compile(of)) {}

  const Finding& operator()(const std::string& line) {
    lines_.push_back(line);  // findings point into the line
    return engine_.inspect({lines_.back(), "test", "here", time_, 0});
  }
  std::uint32_t rule(const std::string& line) {
    const Finding& finding = (*this)(line);
    return finding.rule == nullptr ? 0 : finding.rule->id;
  }
  void wait(seconds time) { time_ += time; }
  Engine& engine() { return engine_; }

 private:
  static std::shared_ptr<const Compiled> must_compile(const Definition& of) {
    auto compiled = compile(of);
    EXPECT_TRUE(compiled.has_value()) << (compiled ? "" : compiled.error().message);
    return std::move(*compiled);
  }
  Engine engine_;
  std::deque<std::string> lines_;
  Timestamp time_{std::chrono::sys_days{std::chrono::year{2026} / 11 / 25} + std::chrono::hours{12}};  // a Wednesday
};

std::string login(const std::string& how, const std::string& user = "bob", const std::string& from = "192.0.2.1") {
  return "Nov 25 10:00:01 web shop[3]: login " + how + " for " + user + " from " + from;
}

std::string_view value(const Finding& finding, std::string_view name) {
  for (const Field& field : finding.fields) {
    if (field.name == name) return field.value;
  }
  return "(none)";
}

TEST(LogEngine, FindsFieldsOfAChildDecoder) {
  Inspector inspect(Dialect::Ossec, "");
  const Finding& finding = inspect(login("failed"));
  EXPECT_EQ(finding.decoder, "shop");
  EXPECT_EQ(finding.hostname, "web");
  EXPECT_EQ(finding.program_name, "shop");
  EXPECT_EQ(value(finding, "dstuser"), "bob");
  EXPECT_EQ(value(finding, "srcip"), "192.0.2.1");
  EXPECT_EQ(value(finding, "status"), "failed");
}

TEST(LogEngine, SiblingsOfOneNameGoOn) {
  Inspector inspect(Dialect::Wazuh, "");
  const Finding& finding = inspect("Nov 25 10:00:01 web shop: cart=7 item=tea");
  EXPECT_EQ(value(finding, "id"), "7");
  EXPECT_EQ(value(finding, "extra_data"), "tea");
  EXPECT_EQ(value(inspect("Nov 25 10:00:01 web shop: item=tea"), "extra_data"), "tea");
}

constexpr const char* kTree = R"(
<rule id="100" level="0"><decoded_as>shop</decoded_as><description>Shop.</description></rule>
<rule id="101" level="3"><if_sid>100</if_sid><match>login</match><description>Low $(dstuser).</description></rule>
<rule id="102" level="7"><if_sid>100</if_sid><match>failed|bad</match><description>High.</description></rule>
<rule id="103" level="0"><if_sid>100</if_sid><match>harmless</match><description>Not this.</description></rule>
<rule id="104" level="9"><if_sid>102</if_sid><user>^root$</user><description>Root.</description></rule>)";

TEST(LogEngine, TriesLevelZeroThenHighToLowThenChildren) {
  Inspector inspect(Dialect::Wazuh, kTree);
  EXPECT_EQ(inspect.rule(login("ok")), 101U);
  EXPECT_EQ(inspect(login("ok")).description, "Low bob.");
  EXPECT_EQ(inspect.rule(login("failed")), 102U);
  EXPECT_EQ(inspect.rule(login("failed", "root")), 104U);
  EXPECT_EQ(inspect.rule(login("failed", "harmless")), 103U);
  EXPECT_FALSE(inspect(login("failed", "harmless")).is_alert);
  EXPECT_EQ(inspect.rule("Nov 25 10:00:01 web shop: nothing"), 100U);
  EXPECT_EQ(inspect.rule("Nov 25 10:00:01 web other: login failed"), 0U);
}

constexpr const char* kCounting = R"(
<rule id="200" level="5"><decoded_as>shop</decoded_as><match>failed</match><description>Failed.</description></rule>
<rule id="201" level="10" frequency="4" timeframe="60">
  <if_matched_sid>200</if_matched_sid><same_source_ip/><description>Many.</description></rule>)";

TEST(LogEngine, CountsLinesThatAPatternFits) {
  constexpr const char* kRules = R"(
<rule id="200" level="3"><decoded_as>shop</decoded_as><description>Any.</description></rule>
<rule id="201" level="10" frequency="3" timeframe="60">
  <if_sid>200</if_sid><if_matched_regex>login fa\w+ for \S+</if_matched_regex><same_source_ip/>
  <description>Many.</description></rule>)";
  Inspector inspect(Dialect::Wazuh, kRules);
  EXPECT_EQ(inspect.rule(login("failed")), 200U);
  EXPECT_EQ(inspect.rule(login("ok")), 200U);
  EXPECT_EQ(inspect.rule(login("failed", "eve", "192.0.2.2")), 200U);
  EXPECT_EQ(inspect.rule(login("failed")), 200U);
  EXPECT_EQ(inspect.rule(login("failed")), 201U);
  inspect.wait(seconds(61));
  EXPECT_EQ(inspect.rule(login("failed")), 200U);
}

TEST(LogEngine, DialectsCountDifferently) {
  for (const auto& [dialect, needed] : {std::pair(Dialect::Ossec, 6), std::pair(Dialect::Wazuh, 4)}) {
    Inspector inspect(dialect, kCounting);
    for (int i = 1; i < needed; ++i) EXPECT_EQ(inspect.rule(login("failed")), 200U) << i;
    EXPECT_EQ(inspect.rule(login("failed")), 201U);
    EXPECT_EQ(inspect.rule(login("failed")), 200U) << "counted lines are not counted again";
  }
}

TEST(LogEngine, CountsOnlyWhatIsTheSameAndInTime) {
  Inspector inspect(Dialect::Wazuh, kCounting);
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(inspect.rule(login("failed", "bob", "192.0.2." + std::to_string(i))), 200U);
  }
  for (int i = 0; i < 3; ++i) inspect(login("failed"));
  inspect.wait(seconds(61));
  EXPECT_EQ(inspect.rule(login("failed")), 200U);
  for (int i = 0; i < 2; ++i) inspect(login("failed"));
  EXPECT_EQ(inspect.rule(login("failed")), 201U);
  for (int i = 0; i < 3; ++i) inspect(login("failed"));
  inspect.engine().reset();
  EXPECT_EQ(inspect.rule(login("failed")), 200U);
}

TEST(LogEngine, ToldOfTheFirstTimeOnly) {
  Inspector inspect(Dialect::Ossec, R"(
    <rule id="300" level="3"><decoded_as>shop</decoded_as><description>Any.</description></rule>
    <rule id="301" level="4"><if_sid>300</if_sid><if_fts/><description>First.</description></rule>)");
  EXPECT_EQ(inspect.rule(login("ok", "ann")), 301U);
  EXPECT_EQ(inspect.rule(login("ok", "ann")), 300U);
  EXPECT_EQ(inspect.rule(login("ok", "bob")), 301U);
}

TEST(LogEngine, RemembersABoundedNumber) {
  constexpr const char* kRules =
      R"(<rule id="100" level="3"><decoded_as>shop</decoded_as><description>x</description></rule>
<rule id="101" level="5" frequency="5"><if_matched_sid>100</if_matched_sid><same_source_ip/><description>x</description></rule>)";
  for (const std::size_t remembered : {8U, 3U}) {
    SCOPED_TRACE(remembered);
    Inspector inspector(Dialect::Wazuh, kRules, {.max_remembered = remembered});
    std::uint32_t last = 0;
    for (int i = 0; i < 5; ++i) last = inspector.rule(login("ok"));
    EXPECT_EQ(last, remembered == 8 ? 101U : 100U);  // four earlier lines are asked for
  }
  Inspector others(Dialect::Wazuh, kRules, {.max_remembered = 8});
  for (int i = 0; i < 4; ++i) EXPECT_EQ(others.rule(login("ok")), 100U);
  for (int i = 0; i < 8; ++i) others.rule(login("ok", "bob", "198.51.100." + std::to_string(i)));
  EXPECT_EQ(others.rule(login("ok")), 100U);  // the oldest went
}

TEST(LogEngine, ForgetsTheOldestOfWhatItSawFirst) {
  Inspector inspector(
      Dialect::Wazuh,
      R"(<rule id="100" level="4"><decoded_as>shop</decoded_as><if_fts/><description>x</description></rule>)",
      {.max_first_seen = 2});
  EXPECT_EQ(inspector.rule(login("ok", "a")), 100U);
  EXPECT_EQ(inspector.rule(login("ok", "a")), 0U);
  for (const char* user : {"b", "c", "a"}) EXPECT_EQ(inspector.rule(login("ok", user)), 100U);
}

TEST(LogEngine, GeographyIsReadAndNeverThere) {
  Inspector inspector(
      Dialect::Wazuh,
      R"(<rule id="100" level="4"><decoded_as>shop</decoded_as><srcgeoip>FR</srcgeoip><description>x</description></rule>
<rule id="101" level="3"><decoded_as>shop</decoded_as><description>x</description></rule>)");
  EXPECT_EQ(inspector.rule(login("ok")), 101U);
}

TEST(LogEngine, IgnoresARuleForATime) {
  Inspector inspect(Dialect::Wazuh, R"(
    <rule id="400" level="5" ignore="60"><decoded_as>shop</decoded_as><description>Any.</description></rule>)");
  EXPECT_TRUE(inspect(login("ok")).is_alert);
  inspect.wait(seconds(30));
  EXPECT_FALSE(inspect(login("ok")).is_alert);
  inspect.wait(seconds(31));
  EXPECT_TRUE(inspect(login("ok")).is_alert);
}

TEST(LogEngine, AsksForAddressesTimesAndDays) {
  Inspector inspect(Dialect::Wazuh, R"(
    <rule id="500" level="0"><decoded_as>shop</decoded_as><description>Shop.</description></rule>
    <rule id="501" level="5"><if_sid>500</if_sid><srcip>10.0.0.0/8</srcip><description>Inside.</description></rule>
    <rule id="502" level="4"><if_sid>500</if_sid><srcip>!192.0.2.0/24</srcip><description>Outside.</description></rule>
    <rule id="503" level="3"><if_sid>500</if_sid><time>6 pm - 8:30 am</time><description>Night.</description></rule>
    <rule id="504" level="2"><if_sid>500</if_sid><weekday>wednesday</weekday><description>Day.</description></rule>)");
  EXPECT_EQ(inspect.rule(login("ok", "bob", "10.9.8.7")), 501U);
  EXPECT_EQ(inspect.rule(login("ok", "bob", "198.51.100.7")), 502U);
  EXPECT_EQ(inspect.rule(login("ok")), 504U);
  inspect.wait(std::chrono::hours(7));
  EXPECT_EQ(inspect.rule(login("ok")), 503U);
}

TEST(LogEngine, ReadsJsonAndSeesThroughEscapes) {
  Inspector inspect(Dialect::Wazuh, R"(
    <rule id="600" level="3"><decoded_as>json</decoded_as><field name="A.b">^secret/path$</field>
      <description>$(a.b) $(list)</description></rule>)");
  const Finding& finding = inspect(R"({"a":{"b":"sec\u0072et\/path"},"list":["x", "y"],"n":null,"srcip":"192.0.2.9"})");
  ASSERT_NE(finding.rule, nullptr);
  EXPECT_EQ(finding.description, R"(secret/path ["x", "y"])");
  EXPECT_EQ(value(finding, "n"), "null");
  EXPECT_EQ(value(finding, "srcip"), "192.0.2.9");
  EXPECT_TRUE(inspect(R"({"a":{"b":"secret/path"},)").fields.empty()) << "not JSON to its end";
}

TEST(LogEngine, LooksValuesUp) {
  Definition of = definition(Dialect::Wazuh, R"(
    <rule id="700" level="3"><decoded_as>shop</decoded_as>
      <list field="srcip" lookup="address_match_key">etc/lists/bad</list><description>Listed.</description></rule>)");
  of.lists = {{"etc/lists/bad", "198.51.100.:net\n203.0.113.7:host\n"}};
  Inspector inspect(of);
  EXPECT_EQ(inspect.rule(login("ok", "bob", "198.51.100.77")), 700U);
  EXPECT_EQ(inspect.rule(login("ok", "bob", "203.0.113.7")), 700U);
  EXPECT_EQ(inspect.rule(login("ok", "bob", "203.0.113.70")), 0U);
}

TEST(LogEngine, OverwritingKeepsThePlace) {
  Inspector inspect(Dialect::Wazuh, std::string(kTree) + R"(
    <rule id="102" level="1" overwrite="yes"><match>denied</match><description>Other.</description></rule>)");
  EXPECT_EQ(inspect.rule(login("failed")), 101U);
  EXPECT_EQ(inspect.rule(login("denied")), 102U);
}

TEST(LogEngine, NegatesInWazuhAsAskedFor) {
  Inspector inspect(Dialect::Wazuh, R"(
    <rule id="800" level="3"><decoded_as>shop</decoded_as><user negate="yes" type="pcre2">^Bob$</user>
      <match>!harmless</match><description>Not Bob.</description></rule>)");
  EXPECT_EQ(inspect.rule(login("ok", "Bob")), 0U);
  EXPECT_EQ(inspect.rule(login("ok", "bob")), 800U) << "PCRE2 minds the case";
  EXPECT_EQ(inspect.rule(login("harmless", "bob")), 0U);
}

TEST(LogEngine, NamesThePlaceOfAProblem) {
  const struct {
    const char* rules;
    const char* message;
  } cases[] = {
      {"\n<rule id=\"1\" level=\"3\"><description>x</description></rule>", "rules.xml:2: rule 1: is there twice"},
      {"<rule id=\"20\" level=\"3\"></rule>", "rules.xml:1: rule 20: has no description"},
      {"<rule id=\"20\" level=\"3\"><nonsense/></rule>", "rules.xml:1: rule 20: <nonsense>: is not known"},
      {"<rule id=\"20\" level=\"99\"></rule>", "rules.xml:1: rule 20: level: '99' is not in 0..16"},
      {"<rule id=\"20\" level=\"3\"><decoded_as>no</decoded_as></rule>",
       "rules.xml:1: rule 20: <decoded_as>: there is no decoder 'no'"},
      {"<rule id=\"20\" level=\"3\"><regex>a\\x</regex><description>x</description></rule>",
       "rules.xml:1: rule 20: <regex>: regex: at 1: there is no \\x"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.rules);
    const auto compiled = compile(definition(Dialect::Wazuh, c.rules));
    ASSERT_FALSE(compiled.has_value());
    EXPECT_EQ(compiled.error().message, c.message);
  }
}

TEST(LogEngine, OssecFilesCanComeInAnyOrder) {
  Definition of = definition(Dialect::Ossec, kTree);
  std::swap(of.rules[0], of.rules[1]);
  Inspector inspect(of);
  EXPECT_EQ(inspect.rule(login("failed", "root")), 104U);
}

// No rule and no line may take more than bounded time; each of these would run for ages without limits.
TEST(LogEngine, CatastrophicPatternsEnd) {
  const std::string line = "Nov 25 10:00:01 web shop: " + std::string(20'000, 'a') + "!";
  for (const char* pattern : {"^(a+)+$", "(a|aa)+$", "(a|a?)+$", "^(([a-z])+.)+[A-Z]([a-z])+$", "(.*a){30}$",
                              "(x+x+)+y|(a+a+)+b", "^(?:a?){60}a{60}b"}) {
    SCOPED_TRACE(pattern);
    Inspector inspect(Dialect::Wazuh, "<rule id=\"900\" level=\"3\"><regex type=\"pcre2\">" + std::string(pattern) +
                                          "</regex><description>x</description></rule>");
    EXPECT_EQ(inspect.rule(line), 0U);
  }
}

TEST(LogEngine, FiltersNothingThatMatches) {
  // Each rule matches its line; a wrong prefilter would lose some.
  const std::pair<const char*, const char*> cases[] = {
      {"Fail|^ok", "ok"},
      {"(?:abc|def)+xyz", "defabcXYZ"},
      {"colou?r", "COLOR"},
      {"a.c\\d+ [xy]z", "abc12 yz"},
      {"(foo)?bar", "bar"},
      {"\\bend$", "the END"},
      {"[^a]+", "zzz"},
      {"x{2,}y", "xxxy"},
      {"(?=abc)abcdef", "abcdef"},
  };
  for (const auto& [pattern, text] : cases) {
    SCOPED_TRACE(pattern);
    Inspector inspect(Dialect::Ossec, std::string("<rule id=\"950\" level=\"3\"><pcre2>") + pattern +
                                          "</pcre2><description>x</description></rule>");
    EXPECT_EQ(inspect.rule(std::string("Nov 25 10:00:01 web shop: ") + text), 950U);
  }
}

TEST(LogEngine, AnyBytesAreALine) {
  Inspector inspect(Dialect::Ossec, kTree);
  std::string line = "Nov 25 10:00:01 web shop: ";
  for (int i = 0; i < 4096; ++i) line.push_back(static_cast<char>(i * 7));
  inspect(line);
  inspect("");
  EXPECT_EQ(inspect.rule(login("failed")), 102U);
}

}  // namespace
}  // namespace warder::loginspection

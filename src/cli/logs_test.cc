#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <sstream>

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "cli/run.h"

namespace warder::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kDecoders = R"(<decoder name="shop"><program_name>^shop</program_name></decoder>)";
constexpr const char* kRules = R"(<group name="syslog,">
<rule id="1" level="0" noalert="1"><category>syslog</category><description>All.</description></rule>
<rule id="100" level="5"><decoded_as>shop</decoded_as><match>failed</match><description>Failed.</description></rule>
<rule id="101" level="10" frequency="3" timeframe="60"><if_matched_sid>100</if_matched_sid><description>Many.</description></rule>
</group>)";
constexpr const char* kLine = "Nov 25 10:00:01 web shop[3]: login failed";

class LogsCommand : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = fs::temp_directory_path() / "warder-logs-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    fs::create_directories(folder_ / "rules");
    write("decoders.xml", kDecoders);
    write("rules/10-rules.xml", kRules);
    environment_.config_directory = folder_ / "config";
    environment_.variable = [](const std::string&) { return std::optional<std::string>(); };
    environment_.now = [] { return from_micros(1'795'303'515'000'000); };
  }
  void TearDown() override { fs::remove_all(folder_); }

  void write(const std::string& name, std::string_view text) {
    EXPECT_TRUE(write_file_atomically(folder_ / name, text));
  }
  int run_with(std::vector<std::string> arguments, const std::string& input = "") {
    out_.str("");
    err_.str("");
    in_.clear();
    in_.str(input);
    return run(arguments, environment_);
  }
  /// With the rules of this test in Wazuh's language.
  int test(std::vector<std::string> more, const std::string& input) {
    std::vector<std::string> arguments{
        "logs", "test", "--dialect", "wazuh", "--rules", folder_ / "rules", "--decoders", folder_ / "decoders.xml"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_with(arguments, input);
  }
  std::vector<json::object> objects() {
    std::vector<json::object> made;
    const std::string text = out_.str();
    for (const std::string_view line : split(text, '\n')) {
      if (!line.empty()) made.push_back(parse_json(line)->as_object());
    }
    return made;
  }

  // NOLINTBEGIN(cppcoreguidelines-non-private-member-variables-in-classes)
  fs::path folder_;
  std::ostringstream out_;
  std::ostringstream err_;
  std::istringstream in_;
  Environment environment_{out_, err_, in_};
  // NOLINTEND(cppcoreguidelines-non-private-member-variables-in-classes)
};

TEST_F(LogsCommand, PrintsAnObjectForEachLine) {
  ASSERT_EQ(test({"--json"}, std::string(kLine) + "\nnothing known\r\n"), 0) << err_.str();
  const auto found = objects();
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].at("line").as_string(), kLine);
  EXPECT_EQ(found[0].at("decoder").as_string(), "shop");
  EXPECT_EQ(found[0].at("rule_id").to_number<int>(), 100);
  EXPECT_EQ(found[0].at("level").to_number<int>(), 5);
  EXPECT_EQ(found[0].at("groups").as_array().at(0).as_string(), "syslog");
  EXPECT_TRUE(found[0].at("fields").as_object().empty());
  EXPECT_TRUE(found[1].at("rule_id").is_null());
  EXPECT_EQ(found[1].at("level").to_number<int>(), 0);
  EXPECT_FALSE(found[1].contains("trace"));
}

TEST_F(LogsCommand, LeavesOutOfAFolderWhatIsOffByDefault) {
  const std::string other =
      R"(<group name="x,"><rule id="200" level="7"><match>login</match><description>x</description></rule></group>)";
  write("rules/openbsd_rules.xml", other);
  ASSERT_EQ(test({"--json"}, kLine), 0);  // a name of OSSEC's only
  EXPECT_EQ(objects().at(0).at("rule_id").to_number<int>(), 200);
  fs::rename(folder_ / "rules/openbsd_rules.xml", folder_ / "rules/0215-policy_rules.xml");
  ASSERT_EQ(test({"--json"}, kLine), 0);
  EXPECT_EQ(objects().at(0).at("rule_id").to_number<int>(), 100);
  EXPECT_NE(err_.str().find("0215-policy_rules.xml: left out"), std::string::npos) << err_.str();
  ASSERT_EQ(test({"--json", "--rules", folder_ / "rules/0215-policy_rules.xml"}, kLine), 0);
  EXPECT_EQ(objects().at(0).at("rule_id").to_number<int>(), 200);
}

TEST_F(LogsCommand, OssecsRulesForOpenBsdAreOffByDefault) {
  write("rules/openbsd_rules.xml",
        R"(<group name="x,"><rule id="200" level="7"><match>login</match><description>x</description></rule></group>)");
  const std::vector<std::string> command{
      "logs",    "test",           "--json", "--dialect", "ossec", "--decoders", folder_ / "decoders.xml",
      "--rules", folder_ / "rules"};
  ASSERT_EQ(run_with(command, kLine), 0) << err_.str();
  EXPECT_EQ(objects().at(0).at("rule_id").to_number<int>(), 100);
  EXPECT_NE(err_.str().find("openbsd_rules.xml: left out"), std::string::npos) << err_.str();
}

TEST_F(LogsCommand, AnEmptyLineForgetsWhenAsked) {
  const std::string two = std::string(kLine) + '\n' + kLine + '\n';
  ASSERT_EQ(test({"--json"}, two + kLine + '\n'), 0);
  EXPECT_EQ(objects().back().at("rule_id").to_number<int>(), 101);
  ASSERT_EQ(test({"--json", "--reset-on-blank"}, two + '\n' + kLine + '\n'), 0);
  EXPECT_EQ(objects().size(), 3U);
  EXPECT_EQ(objects().back().at("rule_id").to_number<int>(), 100);
  ASSERT_EQ(test({"--json"}, two + '\n' + kLine + '\n'), 0);
  EXPECT_EQ(objects().size(), 4U);
}

TEST_F(LogsCommand, ExplainsWhatItTried) {
  ASSERT_EQ(test({"--json", "--explain"}, std::string(kLine) + '\n'), 0);
  const json::array trace = objects().at(0).at("trace").as_array();
  ASSERT_FALSE(trace.empty());
  EXPECT_NE(std::string_view(trace.at(trace.size() - 1).as_string()).find("rule 101: no match"), std::string::npos);
  ASSERT_EQ(test({}, std::string(kLine) + '\n'), 0);
  EXPECT_NE(out_.str().find("rule 100, level 5: Failed."), std::string::npos);
}

TEST_F(LogsCommand, ChecksAFolderAndNamesPlaces) {
  EXPECT_EQ(run_with({"logs", "check", folder_, "--dialect", "wazuh"}), 0) << out_.str();
  write("rules/20-more.xml", "<group name=\"x,\">\n<rule id=\"200\" level=\"3\"><matsch>x</matsch></rule></group>");
  EXPECT_EQ(run_with({"logs", "check", folder_, "--dialect", "wazuh"}), 3);
  EXPECT_NE(out_.str().find("20-more.xml:2: rule 200: <matsch>: is not known"), std::string::npos) << out_.str();
}

TEST_F(LogsCommand, CountsOverFiles) {
  write("log", std::string(kLine) + '\n' + kLine + "\nother\n");
  ASSERT_EQ(run_with({"logs", "run", "--dialect", "wazuh", "--rules", folder_ / "rules", "--decoders",
                      folder_ / "decoders.xml", "--json", folder_ / "log"}),
            0)
      << err_.str();
  EXPECT_EQ(objects().at(0).at("lines").to_number<int>(), 3);
  EXPECT_EQ(objects().at(0).at("alerts").to_number<int>(), 2);
}

TEST_F(LogsCommand, RecommendsWhatFitsAnImage) {
  fs::create_directories(folder_ / "root/var/lib/dpkg");
  write("root/var/lib/dpkg/status",
        "Package: sudo\nStatus: install ok installed\nVersion: 1.9.13p3\nArchitecture: amd64\nMaintainer: x\n\n");
  const std::string offers = std::string(WARDER_SOURCE_DIR) + "/content/recommendations/loginspection.json";
  ASSERT_EQ(run_with({"logs", "recommend", "--root", folder_ / "root", "--offers", offers, "--json"}), 0) << err_.str();
  std::vector<std::string> packs;
  const json::value answer = parse_json(out_.str()).value();
  for (const json::value& one : answer.as_array()) packs.emplace_back(one.at("pack").as_string());
  EXPECT_NE(std::find(packs.begin(), packs.end(), "sudo"), packs.end()) << out_.str();
  EXPECT_EQ(std::find(packs.begin(), packs.end(), "postgresql"), packs.end()) << out_.str();
}

TEST_F(LogsCommand, AnImageStandsForItsTexts) {
  const std::string image = folder_ / "image";
  ASSERT_EQ(run_with({"logs", "compile", "--dialect", "wazuh", "--rules", folder_ / "rules", "--decoders",
                      folder_ / "decoders.xml", "--output", image}),
            0)
      << err_.str();
  ASSERT_EQ(run_with({"logs", "test", "--json", "--image", image}, std::string(kLine) + '\n'), 0) << err_.str();
  EXPECT_EQ(objects().at(0).at("rule_id").to_number<int>(), 100);
  fs::permissions(image, fs::perms::others_write, fs::perm_options::add);
  EXPECT_EQ(run_with({"logs", "test", "--json", "--image", image}, std::string(kLine) + '\n'), 1);
  EXPECT_NE(err_.str().find("others than its reader may write it"), std::string::npos);
  EXPECT_NE(run_with({"logs", "test", "--json"}, ""), 0);
}

}  // namespace
}  // namespace warder::cli

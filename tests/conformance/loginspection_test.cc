// OSSEC's and Wazuh's own test cases on their own rules: decoder, rule and level must be those of the case. What misses
// is listed in docs/conformance.md, and nowhere else may anything miss.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <set>

#include "base/file.h"
#include "base/json.h"
#include "engines/loginspection/engine.h"

namespace warder::loginspection {
namespace {

namespace fs = std::filesystem;

fs::path corpus() {
  if (const char* const set = std::getenv("WARDER_CORPUS")) return fs::path(set) / "loginspection";
  return fs::path(WARDER_SOURCE_DIR) / "../shared/corpus/loginspection";
}

/// Without the files whose names end in one of these.
void add_files(std::vector<SourceText>& texts, const fs::path& folder, const std::vector<std::string>& left_out) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename();
    const auto ends = [&](const std::string& end) { return name.ends_with(end); };
    if (entry.path().extension() == ".xml" && std::none_of(left_out.begin(), left_out.end(), ends)) {
      files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  for (const auto& file : files) texts.push_back({file.filename(), *read_file(file)});
}

struct Case {
  std::string name;
  std::vector<std::string> lines;
  std::string rule;
  std::string level;
  std::string decoder;
  bool is_negated = false;
};

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

std::vector<Case> read_cases(const fs::path& file, Dialect dialect) {
  const auto parsed = parse_json(*read_file(file, 64 << 20), 64 << 20);
  std::vector<Case> cases;
  for (const json::value& value : parsed->as_array()) {
    const json::object& object = value.as_object();
    const auto text = [&](std::string_view key) { return std::string(object.at(key).as_string()); };
    Case made{text("file") + ": " + text("section") + ": " + text("key"),
              {},
              text("rule"),
              text("alert"),
              text("decoder"),
              object.at("negate").as_bool()};
    for (const json::value& line : object.at("logs").as_array()) {
      std::string log(line.as_string());
      // OSSEC's cases are read by Python 2's ConfigParser, to which %% is a percent sign.
      if (dialect == Dialect::Ossec) log = replaced(std::move(log), "%%", "%");
      if (!log.empty()) made.lines.push_back(std::move(log));
    }
    cases.push_back(std::move(made));
  }
  return cases;
}

/// The last line of a fresh engine decides.
bool passes(const Case& test, const std::shared_ptr<const Compiled>& compiled) {
  Engine engine(compiled);
  std::string decoder;
  std::string rule;
  std::string level;
  const Timestamp now{std::chrono::sys_days{std::chrono::year{2026} / 11 / 25} + std::chrono::hours{12}};
  for (const auto& line : test.lines) {
    const Finding& finding = engine.inspect({line, "stdin", "localhost", now, 0});
    decoder = finding.decoder;
    rule = finding.rule == nullptr ? "" : std::to_string(finding.rule->id);
    level = finding.rule == nullptr ? "" : std::to_string(finding.rule->level);
  }
  // A case that must not match passes in the originals when one of its fields is empty.
  if (test.is_negated && (test.decoder.empty() || test.rule.empty() || test.level.empty())) return true;
  const bool is_same = decoder == test.decoder && rule == test.rule && level == test.level;
  return is_same != test.is_negated;
}

struct Score {
  std::size_t cases = 0;
  std::size_t left_out = 0;
  std::vector<std::string> misses;
};

/// `published`: all rules there are, loaded or not.
Score score(const Definition& definition, const std::vector<SourceText>& published, const fs::path& cases) {
  const Checked checked = check(definition);
  for (const Problem& problem : checked.problems) {
    EXPECT_FALSE(problem.is_error) << to_string(problem);
  }
  std::set<std::string> known;
  for (const auto& source : published) {
    for (std::size_t at = source.text.find("<rule id=\""); at != std::string::npos;
         at = source.text.find("<rule id=\"", at + 1)) {
      known.insert(std::to_string(std::atoi(source.text.c_str() + at + 10)));
    }
  }
  Score made;
  for (const Case& test : read_cases(cases, definition.dialect)) {
    // Cases of rules that are not published with the rule set.
    if (!test.rule.empty() && !known.contains(test.rule)) {
      ++made.left_out;
      continue;
    }
    ++made.cases;
    if (!passes(test, checked.compiled)) made.misses.push_back(test.name);
  }
  return made;
}

void expect_score(const Score& found, const std::set<std::string>& explained, std::size_t least_cases) {
  std::printf("%zu of %zu cases pass, %zu are of rules that are not published\n", found.cases - found.misses.size(),
              found.cases, found.left_out);
  EXPECT_GE(found.cases, least_cases);
  for (const auto& miss : found.misses) EXPECT_TRUE(explained.contains(miss)) << miss;
}

Definition ossec(const std::vector<std::string>& left_out) {
  Definition definition;
  definition.dialect = Dialect::Ossec;
  definition.decoders = {{"decoder.xml", *read_file(corpus() / "ossec/decoder.xml")}};
  add_files(definition.rules, corpus() / "ossec/rules", left_out);
  return definition;
}

const std::set<std::string> kMissedByOssecToo = {
    "snort.ini: Snort alert fast format.: log 1 pass",
    "web_appsec.ini: CMS (WordPress or Joomla) login attempt.: log 2 pass"};

// As the command line reads a folder, and as OSSEC's default configuration has it.
TEST(LogConformance, Ossec) {
  if (!fs::exists(corpus() / "ossec")) GTEST_SKIP() << "no corpus at " << corpus();
  expect_score(score(ossec({"policy_rules.xml", "openbsd_rules.xml"}), ossec({}).rules, corpus() / "ossec_cases.json"),
               kMissedByOssecToo, 100);
}

// The cases say that doas has no rules.
TEST(LogConformance, OssecWithTheRulesForOpenBsd) {
  if (!fs::exists(corpus() / "ossec")) GTEST_SKIP() << "no corpus at " << corpus();
  std::set<std::string> explained = kMissedByOssecToo;
  explained.insert({"doas.ini: failed command: log 1 fail", "doas.ini: command run as root: log 1 fail",
                    "doas.ini: failed auth: log 1 fail"});
  expect_score(score(ossec({"policy_rules.xml"}), ossec({}).rules, corpus() / "ossec_cases.json"), explained, 100);
}

TEST(LogConformance, Wazuh) {
  if (!fs::exists(corpus() / "wazuh")) GTEST_SKIP() << "no corpus at " << corpus();
  Definition definition;
  add_files(definition.decoders, corpus() / "wazuh/decoders", {});
  add_files(definition.rules, corpus() / "wazuh/rules", {"policy_rules.xml"});
  const fs::path lists = corpus() / "wazuh/lists";
  for (const auto& entry : fs::recursive_directory_iterator(lists)) {
    if (!entry.is_regular_file()) continue;
    definition.lists.push_back(
        {"etc/lists/" + entry.path().lexically_relative(lists).string(), *read_file(entry.path(), 64 << 20)});
  }
  expect_score(score(definition, definition.rules, corpus() / "wazuh_cases.json"), {}, 700);
}

}  // namespace
}  // namespace warder::loginspection

#include "engines/ips/case_run.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/file.h"
#include "engines/ips/case_frames.h"
#include "engines/ips/engine.h"

namespace warder::ips {
namespace {

constexpr std::size_t kMinEvasions = 3;
constexpr std::size_t kMaxProblems = 200;

bool has_metadata(const Rule& rule, std::string_view key) {
  return std::ranges::any_of(rule.metadata, [&](const auto& pair) { return pair.first == key; });
}

class Run {
 public:
  explicit Run(std::shared_ptr<const RuleSet> rules) : rules_(std::move(rules)) {}

  void run(const std::string& file, const RuleCases& rule) {
    for (const RuleCase& one : rule.cases) {
      ++report.cases;
      auto& seen = kinds_[rule.sid];
      ++seen[static_cast<std::size_t>(one.kind)];
      for (const Wire wire : {Wire::Plain, Wire::Tiny, Wire::Reversed, Wire::Fragments, Wire::Ipv6}) {
        if (one.times > 1 && wire != Wire::Plain && wire != Wire::Ipv6) continue;
        for (const bool is_inline : {true, false}) {
          if (!is_inline && wire != Wire::Plain) continue;
          judge(file, rule.sid, one, wire, is_inline);
        }
      }
    }
  }

  void check_completeness() {
    for (const Rule& rule : rules_->rules()) {
      if (rule.is_silent || rule.action == Action::Pass) continue;
      ++report.rules;
      if (has_metadata(rule, "untested")) continue;
      const auto& seen = kinds_[rule.sid];
      const auto lacks = [&](std::string_view what) {
        add(rules_->loaded().files[rule.file] + ":" + std::to_string(rule.line) + ": rule " + std::to_string(rule.sid) +
            " has no " + std::string(what));
      };
      if (seen[0] == 0) lacks("positive case");
      if (seen[2] == 0) lacks("negative case");
      if (has_metadata(rule, "virtual_patch") && seen[1] < kMinEvasions) lacks("three evasions");
    }
    for (const auto& [sid, seen] : kinds_) {
      if (std::ranges::find(rules_->rules(), sid, &Rule::sid) == rules_->rules().end())
        add("there are cases of rule " + std::to_string(sid) + ", which is not there");
    }
  }

  void add(std::string problem) {
    if (report.problems.size() < kMaxProblems) report.problems.push_back(std::move(problem));
  }

  CaseReport report;

 private:
  void judge(const std::string& file, std::uint32_t sid, const RuleCase& one, Wire wire, bool is_inline) {
    ++report.runs;
    EngineSettings settings;
    settings.is_inline = is_inline;
    settings.max_flows = 1024;
    Engine engine(rules_, settings);
    std::set<std::uint32_t> found;
    const auto note = [&](std::span<const Alert> alerts) {
      for (const Alert& alert : alerts) found.insert(alert.rule->sid);
    };
    std::int64_t micros = 1'700'000'000'000'000;
    std::uint64_t number = 0;
    for (std::uint32_t i = 0; i < one.times; ++i) {
      for (const Bytes& bytes : make_frames(one, wire, i)) {
        packet::Frame frame;
        frame.bytes = bytes;
        frame.link = packet::LinkType::Raw;
        frame.number = ++number;
        frame.wire_length = static_cast<std::uint32_t>(bytes.size());
        frame.time = from_micros(micros += 1000);
        note(engine.inspect(frame).alerts);
      }
    }
    note(engine.finish());
    const bool is_wanted = one.kind != CaseKind::Negative;
    if (found.contains(sid) == is_wanted) return;
    std::string others;
    for (const std::uint32_t other : found) others += " " + std::to_string(other);
    add(file + ":" + std::to_string(one.line) + ": rule " + std::to_string(sid) +
        (is_wanted ? " did not find \"" : " must not find \"") + one.name + "\" (" + std::string(name(wire)) +
        (is_inline ? "" : ", looking on") + (others.empty() ? ")" : "); found:" + others));
  }

  std::shared_ptr<const RuleSet> rules_;
  std::map<std::uint32_t, std::array<std::size_t, 3>> kinds_;  // how many of each kind, by sid
};

}  // namespace

Result<CaseReport> test_cases(std::span<const RulePack> packs) {
  std::vector<RuleFile> files;
  for (const RulePack& pack : packs) files.insert(files.end(), pack.rules.begin(), pack.rules.end());
  auto variables = Variables::defaults();
  variables.set("HOME_NET", "any");
  variables.set("EXTERNAL_NET", "any");
  auto loaded = load_rule_files(files, std::move(variables), [](const std::string& path) { return read_file(path); });
  const auto skipped = loaded.skipped;
  Run run(WD_TRY(RuleSet::compile(std::move(loaded))));
  for (const SkippedRule& rule : skipped)
    run.add(rule.file + ":" + std::to_string(rule.line) + ": cannot be used: " + rule.reason);
  for (const RulePack& pack : packs) {
    for (const RuleFile& file : pack.cases) {
      for (const RuleCases& rule : WD_TRY(parse_cases(file.text).in(file.path))) run.run(file.path, rule);
    }
  }
  run.check_completeness();
  return std::move(run.report);
}

}  // namespace warder::ips

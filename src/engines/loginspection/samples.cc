// Sample lines of rule packs: reading them and running them.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>

#include "base/text.h"
#include "engines/loginspection/compiled.h"
#include "engines/loginspection/rule_packs.h"

namespace warder::loginspection {
namespace {

constexpr std::size_t kMaxRepeat = 1000;

Result<Sample> parse_sample(std::string_view line) {
  Sample sample;
  const char kind = line.front();
  sample.is_judged = kind != '=';
  sample.is_negative = kind == '-';
  line.remove_prefix(1);
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos) return fail(ErrorCode::Invalid, "give a line behind the sign");
  if (space > 0) {
    const auto repeat = parse_integer<std::size_t>(line.substr(0, space));
    if (!repeat || *repeat < 1 || *repeat > kMaxRepeat)
      return fail(ErrorCode::Invalid, "how often is a number from 1 to 1000");
    sample.repeat = *repeat;
  }
  sample.line = line.substr(space + 1);
  return sample;
}

Result<void> parse_line(std::string_view line, std::size_t number, std::vector<RuleSamples>& all) {
  if (trim(line).empty() || line.starts_with('#')) return {};
  if (line.starts_with('[')) {
    const auto rule = parse_integer<std::uint32_t>(line.substr(1, line.find(']') - 1));
    if (!rule) return fail(ErrorCode::Invalid, "give the id of a rule: [710101]");
    all.push_back({*rule, {}});
    return {};
  }
  if (all.empty()) return fail(ErrorCode::Invalid, "[RULE] comes first");
  std::vector<Sample>& samples = all.back().samples;
  if (line.starts_with("  ")) {
    const std::string_view pair = trim(line);
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos || samples.empty())
      return fail(ErrorCode::Invalid, "a field is NAME=VALUE below a line");
    samples.back().fields.emplace_back(pair.substr(0, equals), pair.substr(equals + 1));
    return {};
  }
  if (std::string_view("+-=").find(line.front()) == std::string_view::npos)
    return fail(ErrorCode::Invalid, "begin with + - = [ or #");
  Sample sample = WD_TRY(parse_sample(line));
  sample.at = number;
  samples.push_back(std::move(sample));
  return {};
}

class SampleRun {
 public:
  SampleRun(Engine& engine, SampleReport& report) : engine_(engine), report_(report) {}

  void run(const RulePack& pack, const RuleSamples& block) {
    engine_.reset();
    for (const Sample& sample : block.samples) {
      const Finding* finding = nullptr;
      for (std::size_t i = 0; i < sample.repeat; ++i)
        finding = &engine_.inspect({sample.line, "sample", "host", next_time(), 0});
      if (!sample.is_judged) continue;
      ++report_.samples;
      judge(pack, block.rule, sample, *finding);
      engine_.reset();
    }
  }

 private:
  Timestamp next_time() { return from_micros(1'700'000'000'000'000 + 100'000 * ++lines_); }

  void judge(const RulePack& pack, std::uint32_t rule, const Sample& sample, const Finding& finding) {
    const std::uint32_t found = finding.rule == nullptr ? 0 : finding.rule->id;
    if ((found == rule) == sample.is_negative) {
      add(pack, sample,
          fmt::format("rule {} {}: rule {} matched (decoder \"{}\")", rule,
                      sample.is_negative ? "must not match" : "must match", found, finding.decoder));
    }
    for (const auto& [name, wanted] : sample.fields) {
      const auto at = std::ranges::find(finding.fields, name, &Field::name);
      const std::string_view value = at == finding.fields.end() ? std::string_view("(none)") : at->value;
      if (value != wanted) add(pack, sample, fmt::format("field {} is \"{}\", not \"{}\"", name, value, wanted));
    }
  }

  void add(const RulePack& pack, const Sample& sample, std::string message) {
    report_.problems.push_back({pack.name + "/samples.txt", sample.at, std::move(message), true});
  }

  Engine& engine_;
  SampleReport& report_;
  std::int64_t lines_ = 0;
};

// Each rule that may make an alert has a line that it matches and one that it does not.
void check_completeness(std::span<const RulePack> packs, const Compiled& compiled, SampleReport& report) {
  std::map<std::uint32_t, std::pair<bool, bool>> has;
  for (const RulePack& pack : packs) {
    for (const RuleSamples& block : pack.samples) {
      for (const Sample& sample : block.samples) {
        auto& [positive, negative] = has[block.rule];
        positive = positive || (sample.is_judged && !sample.is_negative);
        negative = negative || sample.is_negative;
      }
    }
  }
  for (const CompiledRule& compiled_rule : compiled.rules.rules) {
    const Rule& rule = compiled_rule.info;
    if (rule.level == 0) continue;
    ++report.rules;
    const auto [positive, negative] = has[rule.id];
    const auto add = [&](std::string_view what) {
      report.problems.push_back({rule.file, rule.line, fmt::format("rule {} has no {} sample", rule.id, what), true});
    };
    if (!positive) add("positive");
    if (!negative) add("negative");
  }
}

}  // namespace

Result<std::vector<RuleSamples>> parse_samples(std::string_view text) {
  std::vector<RuleSamples> all;
  std::size_t number = 0;
  for (const std::string_view line : split(text, '\n')) {
    ++number;
    WD_TRY(parse_line(line, number, all).in(fmt::format("line {}", number)));
  }
  return all;
}

Result<SampleReport> test_samples(std::span<const RulePack> packs) {
  SampleReport report;
  std::vector<const RulePack*> all;
  for (const RulePack& pack : packs) all.push_back(&pack);
  for (const Dialect dialect : {Dialect::Wazuh, Dialect::Ossec}) {
    if (std::ranges::none_of(packs, [&](const RulePack& pack) { return pack.dialect == dialect; })) continue;
    Checked checked = check(define(all, dialect));
    for (Problem& problem : checked.problems) report.problems.push_back(std::move(problem));
    if (!checked.compiled) return fail(ErrorCode::Invalid, "the rules cannot be compiled");
    Engine engine(checked.compiled);
    SampleRun run(engine, report);
    std::vector<RulePack> of_dialect;
    for (const RulePack& pack : packs) {
      if (pack.dialect != dialect) continue;
      for (const RuleSamples& block : pack.samples) run.run(pack, block);
      of_dialect.push_back(pack);
    }
    check_completeness(of_dialect, *checked.compiled, report);
  }
  return report;
}

}  // namespace warder::loginspection

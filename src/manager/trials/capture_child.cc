// The side of a trial that reads what strangers sent.
#include <chrono>
#include <limits>

#include "base/file.h"
#include "base/text.h"
#include "engines/ips/engine.h"
#include "engines/ips/rule_packs.h"
#include "engines/ips/rule_set.h"
#include "host/clock.h"
#include "manager/trials/capture_trial.h"
#include "manager/trials/pack_files.h"
#include "manager/trials/pure_process.h"
#include "manager/trials/trial_process.h"
#include "packet/capture_file.h"

namespace warder::manager {
namespace {

constexpr std::size_t kMaxFindings = 1000;
constexpr std::size_t kMaxProblems = 100;
constexpr std::size_t kMaxPackFileBytes = 64U << 20U;
constexpr std::size_t kFramesPerLook = 256;  // at the clock
constexpr std::chrono::seconds kMaxTime(8);  // for the packets: the process itself may take longer
constexpr std::size_t kMaxHeadBytes = 64U << 10U;
constexpr std::string_view kOwnFile = "own/rules";

Timestamp now() {
  return std::chrono::time_point_cast<Timestamp::duration>(std::chrono::system_clock::now());
}

json::object to_json(const ips::Alert& alert, const std::string& pack) {
  return {{"time", to_rfc3339(alert.time)},
          {"rule", std::to_string(alert.rule->gid) + ":" + std::to_string(alert.rule->sid)},
          {"revision", alert.rule->rev},
          {"message", escape_non_utf8(alert.rule->message)},
          {"pack", pack},
          {"blocked", alert.is_blocked},
          {"source", alert.source.text()},
          {"source_port", alert.source_port},
          {"destination", alert.destination.text()},
          {"destination_port", alert.destination_port},
          {"protocol", alert.protocol},
          {"app", json::string(ips::app::name(alert.app))},
          {"packet", alert.packet}};
}

json::array problems_of(const std::vector<ips::SkippedRule>& skipped) {
  json::array out;
  for (const ips::SkippedRule& each : skipped) {
    if (each.file != kOwnFile || out.size() == kMaxProblems) continue;
    out.push_back(json::object{{"line", each.line}, {"sid", each.sid}, {"message", escape_non_utf8(each.reason)}});
  }
  return out;
}

ips::Variables default_variables() {
  auto variables = ips::Variables::defaults();
  variables.set("HOME_NET", "any");
  variables.set("EXTERNAL_NET", "any");
  return variables;
}

/// Counts all findings and keeps the first ones.
class Findings {
 public:
  explicit Findings(const PackFiles& packs) : packs_(packs) {}

  void add(const ips::LoadedRules& loaded, std::span<const ips::Alert> alerts) {
    for (const ips::Alert& alert : alerts) {
      if (++total_ > kMaxFindings) continue;
      const auto pack = packs_.pack_of.find(loaded.files.at(alert.rule->file));
      list_.push_back(to_json(alert, pack == packs_.pack_of.end() ? "" : pack->second));
    }
  }
  json::array list_;
  std::uint64_t total_ = 0;

 private:
  const PackFiles& packs_;
};

/// Returns why it ended before the last packet; empty when it did not.
std::string replay(ByteView capture, ips::Engine& engine, Findings& findings) {
  const ips::LoadedRules& loaded = engine.rules().loaded();
  auto reader = packet::CaptureReader::open(capture);
  if (!reader) return reader.error().message;
  const Timestamp deadline = now() + kMaxTime;
  std::string why;
  for (std::size_t count = 1; why.empty(); ++count) {
    auto frame = reader->next();
    if (!frame) {
      why = frame.error().message;
    } else if (!frame->has_value()) {
      break;
    } else {
      findings.add(loaded, engine.inspect(**frame).alerts);
      if (count % kFramesPerLook == 0 && now() > deadline) why = "time ran out";
    }
  }
  findings.add(loaded, engine.finish());
  return why;
}

Result<CaptureTrial> parse_input(const std::string& text) {
  const std::size_t end = text.find('\n');
  if (end == std::string::npos) return fail(ErrorCode::Invalid, "no head");
  const json::value head = WD_TRY(parse_json(std::string_view(text).substr(0, end)));
  const json::object& object = head.as_object();
  const auto rules = static_cast<std::size_t>(WD_TRY(get_int(object, "rules_bytes")));
  const std::string_view rest = std::string_view(text).substr(end + 1);
  if (rules > rest.size()) return fail(ErrorCode::Invalid, "rules_bytes");
  return CaptureTrial{object.at("with_packs").as_bool(), rest.substr(0, rules), as_bytes(rest.substr(rules))};
}

Result<std::string> run_child(const std::filesystem::path& folder) {
  const std::string input = WD_TRY(read_trial(kMaxTrialRuleBytes + kMaxTrialFileBytes + kMaxHeadBytes));
  // The head is the manager's own word; what follows it is looked at only after everything is given up.
  const CaptureTrial trial = WD_TRY(parse_input(input));
  const PackFiles packs = trial.with_packs ? WD_TRY(read_pack_files(folder)) : PackFiles{};
  WD_TRY(become_pure({}));
  return json::serialize(judge_capture(packs, trial));
}

}  // namespace

Result<PackFiles> read_pack_files(const std::filesystem::path& folder) {
  PackFiles out;
  for (ips::RulePack& pack : WD_TRY(ips::read_rule_packs(folder))) {
    std::error_code error;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(pack.folder, error)) {
      if (!entry.is_regular_file(error) || entry.path().extension() == ".rules") continue;
      out.texts.emplace(entry.path().string(), WD_TRY(read_file(entry.path(), kMaxPackFileBytes)));
    }
    for (ips::RuleFile& file : pack.rules) {
      out.pack_of.emplace(file.path, pack.name);
      out.rules.push_back(std::move(file));
    }
  }
  return out;
}

json::object judge_capture(const PackFiles& packs, const CaptureTrial& trial) {
  std::vector<ips::RuleFile> files = packs.rules;
  files.push_back({std::string(kOwnFile), std::string(trial.rules)});
  auto loaded = ips::load_rule_files(files, default_variables(), [&](const std::string& path) -> Result<std::string> {
    const auto found = packs.texts.find(path);
    if (found == packs.texts.end()) return fail(ErrorCode::NotFound, path + ": not there");
    return found->second;
  });
  json::array problems = problems_of(loaded.skipped);
  const std::size_t rules = loaded.rules.size();
  Findings findings(packs);
  std::string why;
  ips::EngineCounters seen;
  if (auto compiled = ips::RuleSet::compile(std::move(loaded)); !compiled) {
    why = compiled.error().message;
  } else {
    ips::EngineSettings settings;
    settings.is_inline = true;
    settings.picks_up_midstream = true;  // as on hosts
    ips::Engine engine(*compiled, settings);
    why = replay(trial.capture, engine, findings);
    seen = engine.counters();
  }
  return {{"rules", rules},
          {"problems", std::move(problems)},
          {"complete", why.empty()},
          {"ended", why.empty() ? json::value(nullptr) : json::value(escape_non_utf8(why))},
          {"frames", seen.frames},
          {"packets", seen.packets},
          {"flows", seen.flows},
          {"total", findings.total_},
          {"findings", std::move(findings.list_)}};
}

int capture_child(const std::filesystem::path& packs) {
  return finish_trial(run_child(packs));
}

}  // namespace warder::manager

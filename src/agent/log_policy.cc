#include "agent/log_policy.h"

#include <algorithm>

#include "agent/log_event.h"
#include "base/file.h"
#include "base/text.h"
#include "engines/loginspection/image_file.h"
#include "engines/loginspection/rule_packs.h"

namespace warder::agent {
namespace {

using loginspection::Dialect;
using loginspection::RulePack;

constexpr unsigned kMaxLevel = 16;
constexpr std::size_t kMaxPem = 1 << 20;

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words = split(trim(text), ' ');
  std::erase_if(words, [](std::string_view word) { return word.empty(); });
  return words;
}

std::string at(std::string_view key, std::size_t index) {
  return "/" + std::string(key) + "/" + std::to_string(index);
}

template <class Parsed, class Parse>
Result<void> parse_each(std::string_view key, const std::vector<std::string>& texts, std::vector<Parsed>& to,
                        const Parse& parse) {
  for (std::size_t i = 0; i < texts.size(); ++i) to.push_back(WD_TRY(parse(texts[i]).in(at(key, i))));
  return {};
}

Result<void> read_certificates(const loginspection::Policy& settings, std::vector<ListenOptions>& listeners) {
  for (ListenOptions& listener : listeners) {
    if (listener.kind != ListenKind::Tls) continue;
    if (settings.listen_certificate.empty() || settings.listen_key.empty())
      return fail(ErrorCode::Invalid, "/listen_certificate: a tls listener needs listen_certificate and listen_key");
    listener.certificate_pem = WD_TRY(read_file(settings.listen_certificate, kMaxPem).in("/listen_certificate"));
    listener.private_key_pem = WD_TRY(read_file(settings.listen_key, kMaxPem).in("/listen_key"));
    if (!settings.listen_client_ca.empty())
      listener.client_ca_pem = WD_TRY(read_file(settings.listen_client_ca, kMaxPem).in("/listen_client_ca"));
  }
  return {};
}

Result<std::vector<RulePack>> read_all_packs(const LogContent& content) {
  // What was shipped is what the others build on, so it comes first.
  std::vector<RulePack> all = WD_TRY(loginspection::read_rule_packs(content.shipped));
  for (const auto& folder : content.packs) {
    for (RulePack& pack : WD_TRY(loginspection::read_rule_packs(folder))) {
      const auto same = std::ranges::find(all, pack.name, &RulePack::name);
      if (same == all.end()) {
        all.push_back(std::move(pack));
      } else {
        *same = std::move(pack);
      }
    }
  }
  return all;
}

Result<void> compile_rules(LogPolicy& policy, const LogContent& content) {
  const auto packs = WD_TRY(read_all_packs(content));
  const auto chosen = WD_TRY(loginspection::choose_packs(packs, policy.settings.rule_packs).in("/rule_packs"));
  for (const RulePack* pack : chosen) policy.packs.push_back(pack->name);
  for (const Dialect dialect : {Dialect::Wazuh, Dialect::Ossec}) {
    const auto is_of = [&](const RulePack* pack) { return pack->dialect == dialect; };
    if (std::ranges::none_of(chosen, is_of)) continue;
    const std::string image = dialect == Dialect::Ossec ? "rules-ossec.image" : "rules-wazuh.image";
    const loginspection::Definition definition = loginspection::define(chosen, dialect);
    auto compiled =
        WD_TRY((content.cache.empty() ? loginspection::compile(definition)
                                      : loginspection::compile_with_cache(definition, content.cache / image))
                   .in("rules"));
    policy.rule_count += loginspection::rule_count(*compiled);
    policy.rules.push_back(std::move(compiled));
  }
  return {};
}

std::string_view field_of(const loginspection::Finding& finding, std::string_view location, std::string_view name) {
  if (name == "location") return location;
  if (name == "program") return finding.program_name;
  if (name == "host") return finding.hostname;
  const auto found = std::ranges::find(finding.fields, name, &loginspection::Field::name);
  return found == finding.fields.end() ? std::string_view{} : found->value;
}

}  // namespace

Result<LogException> parse_log_exception(std::string_view text) {
  constexpr std::string_view kForm = ": write \"RULE until YYYY-MM-DD by OWNER\", and \"if FIELD=VALUE\" behind it";
  const auto words = words_of(text);
  const auto wrong = [&] { return fail(ErrorCode::Invalid, "\"" + std::string(text) + "\"" + std::string(kForm)); };
  if (words.size() < 5 || words[1] != "until" || words[3] != "by") return wrong();
  LogException exception;
  exception.text = text;
  const auto rule = parse_integer<std::uint32_t>(words[0]);
  const auto day = parse_rfc3339(std::string(words[2]) + "T23:59:59.999999Z");
  if (!rule || !day) return wrong();
  exception.rule = *rule;
  exception.until = *day;
  exception.owner = words[4];
  if (words.size() == 5) return exception;
  const std::size_t condition = text.find(" if ");
  if (words[5] != "if" || condition == std::string_view::npos) return wrong();
  const std::string_view pair = trim(text.substr(condition + 4));
  const std::size_t equals = pair.find('=');
  if (equals == 0 || equals == std::string_view::npos) return wrong();
  exception.field = decoded_name(pair.substr(0, equals));
  exception.value = pair.substr(equals + 1);
  return exception;
}

Result<LevelOverride> parse_level_override(std::string_view text) {
  const auto words = words_of(text);
  const auto rule = words.size() == 2 ? parse_integer<std::uint32_t>(words[0]) : std::nullopt;
  const auto level = words.size() == 2 ? parse_integer<unsigned>(words[1]) : std::nullopt;
  if (!rule || !level || *level > kMaxLevel)
    return fail(ErrorCode::Invalid, "\"" + std::string(text) + "\": write RULE LEVEL, with a level from 0 to 16");
  return LevelOverride{*rule, *level};
}

Result<std::shared_ptr<const LogPolicy>> compile_log_policy(const loginspection::Policy& settings,
                                                            const LogContent& content) {
  auto policy = std::make_shared<LogPolicy>();
  policy->settings = settings;
  WD_TRY(parse_each("sources", settings.sources, policy->files, records::parse_file_source));
  WD_TRY(parse_each("listen", settings.listen, policy->listeners, parse_listen));
  WD_TRY(parse_each("commands", settings.commands, policy->commands,
                    [&](std::string_view text) { return parse_command(text, settings.command_shell); }));
  WD_TRY(parse_each("exceptions", settings.exceptions, policy->exceptions, parse_log_exception));
  std::vector<LevelOverride> levels;
  WD_TRY(parse_each("levels", settings.levels, levels, parse_level_override));
  for (const LevelOverride& one : levels) policy->levels[one.rule] = one.level;
  for (ListenOptions& listener : policy->listeners)
    listener.max_message_bytes = static_cast<std::size_t>(settings.max_line_bytes);
  for (records::FileSource& file : policy->files)
    file.framing.max_bytes = static_cast<std::size_t>(settings.max_line_bytes);
  if (!settings.enabled) return policy;
  WD_TRY(read_certificates(settings, policy->listeners));
  WD_TRY(compile_rules(*policy, content));
  return policy;
}

Severity severity_of(unsigned level) noexcept {
  if (level >= 12) return Severity::Critical;
  if (level >= 8) return Severity::High;
  if (level >= 4) return Severity::Medium;
  return level >= 1 ? Severity::Low : Severity::Info;
}

LogVerdict judge(const LogPolicy& policy, const loginspection::Finding& finding, std::string_view location,
                 Timestamp now) {
  LogVerdict verdict;
  if (finding.rule == nullptr || !finding.is_alert) return verdict;
  verdict.level = finding.rule->level;
  const auto level = policy.levels.find(finding.rule->id);
  if (level != policy.levels.end()) verdict.level = level->second;
  if (verdict.level == 0) return verdict;
  for (const LogException& exception : policy.exceptions) {
    if (exception.rule != finding.rule->id || now > exception.until) continue;
    if (!exception.field.empty() && !matches_glob(exception.value, field_of(finding, location, exception.field)))
      continue;
    verdict.exception = &exception;
    return verdict;
  }
  verdict.is_stored = std::int64_t{verdict.level} >= policy.settings.store_level;
  verdict.is_forwarded = verdict.is_stored && std::int64_t{verdict.level} >= policy.settings.forward_level;
  return verdict;
}

}  // namespace warder::agent

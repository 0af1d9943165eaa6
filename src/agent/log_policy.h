// The policy section "log-inspection" made ready: sources, rules, and what becomes of a match.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/log_command.h"
#include "agent/log_listener.h"
#include "base/result.h"
#include "engines/loginspection/engine.h"
#include "engines/loginspection/policy.h"
#include "model/event.h"
#include "records/source.h"

namespace warder::agent {

/// "710103 until 2026-12-31 by ops@example.com": matches of the rule are not reported until the end of that day (UTC).
/// "… if srcip=192.0.2.*": only those whose field is like that; "location", "program" and "host" are fields too, and
/// the event's own names ("source.ip") mean the same.
struct LogException {
  std::string text;
  std::uint32_t rule = 0;
  Timestamp until;
  std::string owner;
  std::string field;  // empty: all
  std::string value;  // glob
};
Result<LogException> parse_log_exception(std::string_view text);

/// "710103 10": the rule's matches count as level 10; 0 reports none.
struct LevelOverride {
  std::uint32_t rule = 0;
  unsigned level = 0;
};
Result<LevelOverride> parse_level_override(std::string_view text);

struct LogPolicy {
  loginspection::Policy settings;
  std::vector<records::FileSource> files;
  std::vector<ListenOptions> listeners;
  std::vector<CommandOptions> commands;
  std::map<std::uint32_t, unsigned> levels;
  std::vector<LogException> exceptions;
  std::vector<std::shared_ptr<const loginspection::Compiled>> rules;  // one for each dialect
  std::size_t rule_count = 0;
  std::vector<std::string> packs;
};

/// Where rule packs are: what came with the agent, and what the manager sent. A pack of the second hides one of the
/// same name of the first.
struct LogContent {
  std::filesystem::path shipped;             // share/loginspection
  std::vector<std::filesystem::path> packs;  // folders of active content packs
  std::filesystem::path cache;               // folder for images of compiled rules; empty: none
};

/// All of it or an error that names the key.
Result<std::shared_ptr<const LogPolicy>> compile_log_policy(const loginspection::Policy& settings,
                                                            const LogContent& content);

/// Levels 1–3 are low, 4–7 medium, 8–11 high, 12 and above critical.
Severity severity_of(unsigned level) noexcept;

/// What becomes of a match.
struct LogVerdict {
  unsigned level = 0;
  bool is_stored = false;
  bool is_forwarded = false;
  const LogException* exception = nullptr;  // why it is not stored
};
LogVerdict judge(const LogPolicy& policy, const loginspection::Finding& finding, std::string_view location,
                 Timestamp now);

}  // namespace warder::agent

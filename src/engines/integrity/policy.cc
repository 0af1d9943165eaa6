#include "engines/integrity/policy.h"

#include <fmt/format.h>

#include <algorithm>

namespace warder::integrity {

std::span<const Field<Policy>> Policy::fields() noexcept {
  static const Field<Policy> kRows[] = {
      {"enabled", &Policy::enabled, 0, 1, PersonalData::None, "Whether files are watched at all."},
      {"watch", &Policy::watch, 0, 1000, PersonalData::None,
       "Absolute paths of files and directories; a directory stands for everything below it. In a name, ? is one "
       "character and * any run of characters; a name that is ** is any number of directories."},
      {"exclude", &Policy::exclude, 0, 1000, PersonalData::None,
       "What is left out, in the same form, with everything below it; a pattern without a slash is a name at any "
       "depth. "
       "Exclusion wins."},
      {"packs", &Policy::packs, 0, 200, PersonalData::None,
       "Rules that come with Warder, by name: accounts, sudo, pam, ssh, cron, systemd, boot, loader, programs, "
       "network, apt, dnf, "
       "nginx, docker … Recommendations name those that fit a host."},
      {"rules", &Policy::rules, 0, 1000, PersonalData::None,
       "Rules beside the paths: each item is a document in the XML form of Deep Security or in YAML, with one entity "
       "set "
       "or many rules. docs/integrity.md explains both forms."},
      {"content_hash", &Policy::content_hash, 3, 6, PersonalData::None, "The hash that rules mean by CONTENTS.",
       "sha256|sha512|sha1|md5|blake3"},
      {"real_time", &Policy::real_time, 0, 1, PersonalData::None,
       "Report changes when they happen; otherwise only scans find them."},
      {"settle_ms", &Policy::settle_ms, 10, 10'000, PersonalData::None,
       "How long a file must be left alone after it was closed before it is looked at; what happens within that time "
       "is "
       "one change."},
      {"max_hash_bytes", &Policy::max_hash_bytes, 0, std::int64_t{1} << 40, PersonalData::None,
       "The content of larger files is not read; a change is then seen by size and time of modification."},
      {"rescan_interval_s", &Policy::rescan_interval_s, 10, 604'800, PersonalData::None,
       "Seconds between scans that compare every watched file's attributes and read what looks changed."},
      {"rehash_interval_s", &Policy::rehash_interval_s, 60, 2'592'000, PersonalData::None,
       "Seconds between scans that read every watched file again, whatever its attributes say."},
      {"scan_at", &Policy::scan_at, 0, 50, PersonalData::None,
       "Points of the week (UTC) at which every watched file is read again, beside the intervals: 03:00, or sat,sun "
       "02:30."},
      {"scan_cpu_percent", &Policy::scan_cpu_percent, 1, 100, PersonalData::None,
       "What scans may take of one processor. What is heard of as it happens is looked at without delay."},
      {"scan_read_mb_s", &Policy::scan_read_mb_s, 0, 100'000, PersonalData::None,
       "Megabytes a second that scans read; 0: no limit."},
      {"severity", &Policy::severity, 1, 16, PersonalData::None, "Severity of the events.",
       "info|low|medium|high|critical"},
      {"entity_interval_s", &Policy::entity_interval_s, 10, 86'400, PersonalData::None,
       "Seconds between looks at what is no file: users, ports, packages and the other sets that rules have."},
      {"explain_packages", &Policy::explain_packages, 0, 1, PersonalData::None,
       "What an installed package of dpkg or rpm brought, to the last byte, is told as information."},
      {"allowances", &Policy::allowances, 0, 1000, PersonalData::None,
       "Changes that are told as information only. Each is one of 'ticket=ID from=DATE to=DATE path=PATTERN', "
       "'window=NAME on=sat,sun from=02:00 to=04:00' and 'approved=WHO path=PATTERN sha256=DIGEST'; times are UTC. "
       "docs/integrity.md has more."},
  };
  return kRows;
}

Result<RuleSet> load_policy_rules(const Policy& policy, const RuleSet& shipped) {
  RuleDefaults defaults;
  defaults.content = WD_TRY(parse_hash(policy.content_hash).in("content_hash"));
  RuleSet all;
  for (std::size_t i = 0; i < policy.packs.size(); ++i) {
    const auto named = std::ranges::find(shipped.rules, policy.packs[i], &Rule::id);
    if (named == shipped.rules.end())
      return fail(ErrorCode::Invalid, fmt::format("packs/{}: there is no {}", i, policy.packs[i]));
    all.rules.push_back(*named);
  }
  for (std::size_t i = 0; i < policy.rules.size(); ++i) {
    defaults.id = fmt::format("rule-{}", i + 1);
    RuleSet loaded = WD_TRY(load_rules(policy.rules[i], defaults).in(fmt::format("rules/{}", i)));
    for (Rule& rule : loaded.rules) all.rules.push_back(std::move(rule));
  }
  return all;
}

}  // namespace warder::integrity

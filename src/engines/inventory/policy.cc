#include "engines/inventory/policy.h"

namespace warder::inventory {

std::span<const Field<Policy>> Policy::fields() noexcept {
  static const Field<Policy> kRows[] = {
      {"enabled", &Policy::enabled, 0, 1, PersonalData::None,
       "Whether the agent tells the manager what the host has. Recommendations need it."},
      {"interval_s", &Policy::interval_s, 60, 86'400, PersonalData::None,
       "Seconds between looks. Changes to packages, accounts, units and cron tables are seen within ten seconds, "
       "whatever "
       "stands here."},
      {"language_packages", &Policy::language_packages, 0, 1, PersonalData::None,
       "Look for packages of Python, Node, Ruby, Go and Java under /usr/local, /opt, /srv, /var/www, /app and home "
       "directories."},
      {"language_interval_s", &Policy::language_interval_s, 600, 2'592'000, PersonalData::None,
       "Seconds between searches for language packages, which read directories and so cost more."},
      {"programs", &Policy::programs, 0, 1, PersonalData::None, "Tell which programs run, and as whom."},
      {"users", &Policy::users, 0, 1, PersonalData::None, "Tell local users and groups."},
  };
  return kRows;
}

}  // namespace warder::inventory

#include "engines/integrity/policy.h"

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
      {"severity", &Policy::severity, 1, 16, PersonalData::None, "Severity of the events.",
       "info|low|medium|high|critical"},
  };
  return kRows;
}

}  // namespace warder::integrity

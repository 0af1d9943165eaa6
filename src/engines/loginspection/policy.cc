#include "engines/loginspection/policy.h"

namespace warder::loginspection {

std::span<const warder::Field<Policy>> Policy::fields() noexcept {
  static const warder::Field<Policy> kRows[] = {
      {"enabled", &Policy::enabled, 0, 1, PersonalData::None, "Whether logs are inspected at all."},
      {"store_level", &Policy::store_level, 1, 16, PersonalData::None,
       "The least level of a rule whose matches are stored as events; 16 stores none."},
      {"forward_level", &Policy::forward_level, 1, 16, PersonalData::None,
       "The least level of a rule whose matches are forwarded to other systems; 16 forwards none."},
      {"max_line_bytes", &Policy::max_line_bytes, 1024, 1 << 20, PersonalData::None,
       "The rest of a longer line is not looked at."},
      {"rule_packs", &Policy::rule_packs, 0, 200, PersonalData::None,
       "Names of the rule packs that are used, with those they require; none: all there are."},
      {"levels", &Policy::levels, 0, 1000, PersonalData::None,
       "Other levels for single rules: \"RULE LEVEL\", from 0 (report nothing) to 16."},
      {"exceptions", &Policy::exceptions, 0, 1000, PersonalData::Identifier,
       "Matches that are not reported, with who answers for it and until when: \"RULE until YYYY-MM-DD by OWNER\", and "
       "behind it, if wanted, \"if FIELD=VALUE\" with wildcards."},
      {"sources", &Policy::sources, 0, 200, PersonalData::None,
       "Log files: \"FORMAT PATH\". The path may have ? and *, and the date as %Y %y %m %d %e %H %j %b; the format is "
       "syslog, apache, nginx, squid, iis, mysql, postgresql, snort-full, snort-fast, json, cef, audit, or multi-line: "
       "with a count of lines, indent or /PATTERN/."},
      {"journal", &Policy::journal, 1, 4, PersonalData::None,
       "Whether systemd's journal is read; auto: where no syslog file has the same messages.", "auto|on|off"},
      {"journal_directory", &Policy::journal_directory, 0, 4096, PersonalData::None,
       "Folder of journal files to read instead of this host's journal."},
      {"listen", &Policy::listen, 0, 16, PersonalData::None,
       "Where syslog is taken from the network: \"udp ADDRESS:PORT\", tcp or tls."},
      {"listen_certificate", &Policy::listen_certificate, 0, 4096, PersonalData::None,
       "File with the certificate chain (PEM) of tls listeners."},
      {"listen_key", &Policy::listen_key, 0, 4096, PersonalData::None, "File with its private key (PEM)."},
      {"listen_client_ca", &Policy::listen_client_ca, 0, 4096, PersonalData::None,
       "File with the authority (PEM) that senders must have a certificate of; empty: anyone may send."},
      {"commands", &Policy::commands, 0, 50, PersonalData::None,
       "Programs whose output is read as lines: \"SECONDS PROGRAM ARGUMENTS\". They run without privileges."},
      {"command_shell", &Policy::command_shell, 0, 1, PersonalData::None,
       "Give commands to /bin/sh instead of starting the program itself."},
      {"from_start", &Policy::from_start, 0, 1, PersonalData::None,
       "When a source is new, read what is in it already."},
      {"max_lines_per_s", &Policy::max_lines_per_s, 0, 10'000'000, PersonalData::None,
       "Lines a second that are inspected in the long run; ten seconds' worth may come at once. 0: no limit."},
      {"over_rate", &Policy::over_rate, 1, 4, PersonalData::None,
       "What happens beyond that: files, journal and connections wait, or lines are skipped and counted. UDP is always "
       "skipped.",
       "wait|skip"},
  };
  return kRows;
}

}  // namespace warder::loginspection

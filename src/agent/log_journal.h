// systemd's journal as a source, read with libsystemd.
#pragma once

#include <filesystem>
#include <memory>

#include "agent/log_source.h"

namespace warder::agent {

struct JournalOptions {
  std::filesystem::path directory;  // of journal files; empty: this host's journal
  bool from_start = false;          // for a journal that is new: what is in it is read too
  std::size_t max_message_bytes = 64 << 10;
};

/// Each entry is a line as syslog would have it: "Nov 22 10:00:00 host sshd[7]: text". Unavailable when there is no
/// journal that can be read.
Result<std::unique_ptr<LogSource>> make_log_journal(const JournalOptions& options);

}  // namespace warder::agent

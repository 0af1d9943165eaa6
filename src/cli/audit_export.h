// An export of the audit log, checked by whoever has nothing but the file: docs/audit.md has its form.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>

#include "base/result.h"
#include "crypto/signed_note.h"

namespace warder::cli {

/// What the reader knows beforehand. Without a key, the file's own is believed: then nothing is proved but that the
/// file fits together.
struct AuditPins {
  std::optional<crypto::NoteKey> key;
  std::string checkpoint;  // a note seen before; empty: none
};

struct AuditExportCheck {
  bool intact = false;
  std::int64_t entries = 0;
  std::int64_t checkpoints = 0;
  crypto::Digest root{};
  std::optional<crypto::NoteKey> key;
  bool is_key_pinned = false;
  std::optional<std::int64_t> first_bad_index;
  std::string detail;
};

/// Reads line by line, in memory that does not grow with the file. A file that is broken, cut off or of another list
/// than the pinned checkpoint is a finding; Invalid when a pinned checkpoint cannot be read at all.
Result<AuditExportCheck> check_audit_export(std::istream& file, const AuditPins& pins);

}  // namespace warder::cli
